-- Streams buffers and replays to a Deltawire backend, by a Node process that this starts.
local M = {}

local root = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h")
local namespace = vim.api.nvim_create_namespace("deltawire")
local host
-- For each buffer that streams: the thread and the address it goes to.
local attached = {}

function M.tell(message)
  vim.notify("deltawire: " .. message, vim.log.levels.ERROR)
end

-- For 'statusline': idle, connecting, catching_up, live, offline or stopped.
function M.status(status)
  vim.g.deltawire_status = status
  vim.cmd("redrawstatus!")
end

local function start()
  if host then
    return host
  end
  local command = vim.g.deltawire_command or { "node", root .. "/dist/host.js" }
  local said = {}
  local ok, job = pcall(vim.fn.jobstart, command, {
    rpc = true,
    env = { NVIM_NODE_LOG_LEVEL = "error" },
    on_stderr = function(_, lines)
      vim.list_extend(said, lines)
    end,
    on_exit = function(_, code)
      host = nil
      attached = {}
      M.status("stopped")
      if code ~= 0 then
        M.tell("its process ended with " .. code .. ": " .. table.concat(said, "\n"))
      end
    end,
  })
  if not ok or job <= 0 then
    error("deltawire: cannot start " .. table.concat(command, " ") .. "; is Node on PATH?", 0)
  end
  host = job
  return host
end

local function url_of(url)
  return url or vim.g.deltawire_url or vim.env.DELTAWIRE_URL or "ws://127.0.0.1:4680/wire"
end

-- Streams the current buffer as a thread, from now on.
function M.thread(id, url)
  local buffer = vim.api.nvim_get_current_buf()
  local job = start()
  local mine = { id = id, url = url_of(url) }
  if attached[buffer] then
    vim.rpcnotify(job, "detach", buffer)
  end
  attached[buffer] = mine
  local function send(first, last, new_last)
    local lines = vim.api.nvim_buf_get_lines(buffer, first, new_last, false)
    vim.rpcnotify(job, "lines", buffer, first, last, lines)
  end
  local function follow()
    send(0, -1, -1)
    vim.api.nvim_buf_attach(buffer, false, {
      on_lines = function(_, _, _, first, last, new_last)
        if attached[buffer] ~= mine then
          return true
        end
        send(first, last, new_last)
      end,
      on_reload = function()
        send(0, -1, -1)
      end,
      on_detach = vim.schedule_wrap(function()
        if attached[buffer] ~= mine then
          return
        end
        -- `:edit!` lets go of a buffer that it fills anew.
        if vim.api.nvim_buf_is_loaded(buffer) then
          follow()
        else
          attached[buffer] = nil
          vim.rpcnotify(job, "detach", buffer)
        end
      end),
    })
  end
  vim.rpcnotify(job, "attach", buffer, id, mine.url, vim.fn.bufname(buffer))
  follow()
end

-- What was typed so far is complete.
function M.done()
  local buffer = vim.api.nvim_get_current_buf()
  if not attached[buffer] then
    error("deltawire: this buffer streams no thread; begin with :DeltawireThread {id}", 0)
  end
  vim.rpcnotify(host, "done", buffer)
end

-- Plays a recording into a thread: that of the current buffer, unless told otherwise.
function M.replay(file, id, url)
  local mine = attached[vim.api.nvim_get_current_buf()]
  id = id or (mine and mine.id)
  if not id then
    error("deltawire: which thread? :DeltawireReplay {file} {id} [url]", 0)
  end
  local path = vim.fn.fnamemodify(vim.fn.expand(file), ":p")
  local step = vim.g.deltawire_step or 50
  vim.rpcnotify(start(), "replay", path, id, url_of(url or (mine and mine.url)), step)
end

local function heading(buffer, line, text)
  vim.api.nvim_buf_set_extmark(buffer, namespace, line, 0, {
    virt_lines = { { { "── " .. text .. " ──", "Comment" } } },
    virt_lines_above = true,
  })
end

-- A user asks something: it stands at the end of the buffer, and what follows is the answer.
function M.prompt(buffer, text)
  local last = vim.api.nvim_buf_line_count(buffer)
  local lines = vim.split(text, "\n")
  -- The process learns whose lines come next before they do.
  vim.rpcnotify(host, "section", buffer, "user")
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, lines)
  vim.rpcnotify(host, "section", buffer, "assistant")
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { "" })
  heading(buffer, last, "prompt")
  heading(buffer, last + #lines, "answer")
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local line = vim.api.nvim_win_get_cursor(window)[1]
    -- Who is typing goes on where he is.
    if line == last and vim.api.nvim_get_mode().mode == "n" then
      vim.api.nvim_win_set_cursor(window, { last + #lines + 1, 0 })
    end
  end
end

-- Everything that was written reaches the server before Neovim leaves.
function M.close()
  if host then
    pcall(vim.rpcrequest, host, "close")
  end
end

return M
