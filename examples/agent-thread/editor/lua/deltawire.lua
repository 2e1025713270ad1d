-- Streams buffers and replays to a Deltawire backend, by a Node process that this starts.
local M = {}

local root = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p:h:h")
local namespace = vim.api.nvim_create_namespace("deltawire")
local host
local is_leaving = false
-- For each buffer that streams: what its present :DeltawireThread has begun.
local following = {}

function M.tell(message)
  vim.notify("deltawire: " .. message, vim.log.levels.ERROR)
end

-- For 'statusline': idle, connecting, catching_up, live, offline or stopped.
function M.status(status)
  vim.g.deltawire_status = status
  vim.cmd("redrawstatus!")
end

local function start()
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
      following = {}
      M.status("stopped")
      if code ~= 0 and not is_leaving then
        M.tell("its process ended with " .. code .. ": " .. table.concat(said, "\n"))
      end
    end,
  })
  if ok and job > 0 then
    return job
  end
  M.tell("cannot start " .. table.concat(command, " ") .. "; is Node on PATH?")
end

-- Tells the process which lines of a buffer are replaced by others: all of them first.
local function follow(buffer)
  local mine = {}
  following[buffer] = mine
  local function send(first, last, new_last)
    local lines = vim.api.nvim_buf_get_lines(buffer, first, new_last, false)
    vim.rpcnotify(host, "lines", buffer, first, last, lines)
  end
  send(0, -1, -1)
  vim.api.nvim_buf_attach(buffer, false, {
    on_lines = function(_, _, _, first, last, new_last)
      if following[buffer] ~= mine then
        return true
      end
      send(first, last, new_last)
    end,
    on_detach = vim.schedule_wrap(function()
      if following[buffer] ~= mine then
        return
      end
      -- A buffer that is read anew is let go of first.
      if vim.api.nvim_buf_is_loaded(buffer) then
        follow(buffer)
      else
        following[buffer] = nil
        vim.rpcnotify(host, "detach", buffer)
      end
    end),
  })
end

-- Hands a command of the user on.
function M.command(name, args)
  host = host or start()
  if not host then
    return
  end
  local buffer = vim.api.nvim_get_current_buf()
  local place = {
    name = vim.fn.bufname(),
    url = vim.g.deltawire_url or vim.env.DELTAWIRE_URL or "ws://127.0.0.1:4680/wire",
    step = vim.g.deltawire_step or 50,
  }
  if name == "Replay" then
    args[1] = vim.fn.fnamemodify(vim.fn.expand(args[1]), ":p")
  end
  vim.rpcnotify(host, name, buffer, place, unpack(args))
  if name == "Thread" then
    follow(buffer)
  end
end

-- A user asks something: it stands at the end of the buffer, and what follows is the answer.
function M.prompt(buffer, text)
  local function append(role, heading, lines)
    local line = vim.api.nvim_buf_line_count(buffer)
    -- The process learns whose lines come next before they do.
    vim.rpcnotify(host, "section", buffer, role)
    vim.api.nvim_buf_set_lines(buffer, -1, -1, false, lines)
    vim.api.nvim_buf_set_extmark(buffer, namespace, line, 0, {
      virt_lines = { { { "── " .. heading .. " ──", "Comment" } } },
      virt_lines_above = true,
    })
    return line
  end
  local asked = append("user", "prompt", vim.split(text, "\n"))
  local answer = append("assistant", "answer", { "" })
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    -- Who is typing goes on where he is.
    if vim.api.nvim_win_get_cursor(window)[1] == asked and vim.api.nvim_get_mode().mode == "n" then
      vim.api.nvim_win_set_cursor(window, { answer + 1, 0 })
    end
  end
end

-- Everything that was written reaches the server before Neovim leaves.
function M.close()
  is_leaving = true
  if host then
    pcall(vim.rpcrequest, host, "close")
  end
end

return M
