// The example is a test file. Importing it registers its tests, so that `npm test` runs them.
import "../../examples/queries-in-a-test.test.ts";
