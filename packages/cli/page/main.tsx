import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { Session } from "./session.js";
import { restoreTheme } from "./theme.js";
import { SessionContext } from "./use-session.js";

restoreTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element root");
createRoot(root).render(
  <StrictMode>
    <SessionContext value={new Session()}>
      <App />
    </SessionContext>
  </StrictMode>,
);
