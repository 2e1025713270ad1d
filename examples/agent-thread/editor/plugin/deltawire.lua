if vim.g.loaded_deltawire then
  return
end
vim.g.loaded_deltawire = true

for name, is in pairs({
  Thread = { nargs = "+" },
  Done = { nargs = 0 },
  Replay = { nargs = "+", complete = "file" },
}) do
  vim.api.nvim_create_user_command("Deltawire" .. name, function(given)
    require("deltawire").command(name, given.fargs)
  end, is)
end

vim.api.nvim_create_autocmd("VimLeavePre", {
  callback = function()
    require("deltawire").close()
  end,
})
