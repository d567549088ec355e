// Run before each file: hooks that a fixture's module registers would count for the first file alone that imports it, since
// files share their modules.
import { afterEach } from "vitest";
import { cleanUp } from "./fixtures/cleanup.js";

afterEach(cleanUp);
