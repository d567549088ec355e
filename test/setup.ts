// Runs before each file. Files share their modules, so a hook that the module of a fixture
// registers would run only for the first file that imports it.
import { afterEach } from "vitest";
import { cleanUp } from "./fixtures/cleanup.js";

afterEach(cleanUp);
