// The example is a test file itself: importing it registers its tests here, where the test command looks for them.
import "../../examples/queries-in-a-test.test.ts";
