if vim.g.loaded_deltawire then
  return
end
vim.g.loaded_deltawire = true

local function command(name, call, nargs, complete)
  vim.api.nvim_create_user_command(name, function(given)
    local ok, problem = pcall(require("deltawire")[call], unpack(given.fargs))
    if not ok then
      require("deltawire").tell((tostring(problem):gsub("^deltawire: ", "")))
    end
  end, { nargs = nargs, complete = complete })
end

command("DeltawireThread", "thread", "+")
command("DeltawireDone", "done", 0)
command("DeltawireReplay", "replay", "+", "file")

vim.api.nvim_create_autocmd("VimLeavePre", {
  callback = function()
    require("deltawire").close()
  end,
})
