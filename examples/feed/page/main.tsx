import { connect } from "@deltawire/client/reader";
import { DeltawireProvider } from "@deltawire/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element root");
createRoot(root).render(
  <StrictMode>
    <DeltawireProvider wire={() => connect("/wire")}>
      <App />
    </DeltawireProvider>
  </StrictMode>,
);
