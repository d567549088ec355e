import { startBlankPage } from "./blank.js";
import { serveChecks } from "./checker.js";
import { startReport } from "./report.js";

// One script for the report, the empty verifier, and the worker of both.
if (typeof document === "undefined") serveChecks();
else {
  const script = document.currentScript?.textContent ?? "";
  const place = document.getElementById("verifier");
  if (place?.dataset["holds"] === undefined) startBlankPage(script);
  else startReport(script, place);
}
