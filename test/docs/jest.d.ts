// Jest is not installed here; what the documents use of it is as in vitest. `npm run test:install`
// compiles the matchers with the types of jest itself.
declare module "@jest/globals" {
  export { beforeEach, expect, test } from "vitest";
}
