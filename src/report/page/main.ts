import { bundleSource } from "../../verify/bundle-source.js";
import { verify } from "../../verify/verify.js";

document.addEventListener("DOMContentLoaded", async () => {
  const evidence = document.getElementById("evidence");
  if (evidence !== null) await verify(bundleSource(evidence.textContent));
});
