/** React's production build in which a Profiler works: the same functions. */
declare module "react-dom/profiling" {
  export { createRoot } from "react-dom/client";
}
