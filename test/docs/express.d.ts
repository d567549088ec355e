// The part of Express 5 that docs/recipes/web-apps.md and who-acted.md use; we do not install it.
declare module "express" {
  import type { RequestListener, Server } from "node:http";

  interface Request {
    readonly body: unknown;
    readonly ip: string | undefined;
    get(header: string): string | undefined;
  }

  interface Response {
    status(code: number): this;
    json(body: unknown): this;
  }

  type Middleware = (request: Request, response: Response, next: () => void) => void;

  interface Application extends RequestListener {
    use(handler: Middleware): this;
    post(path: string, handler: (request: Request, response: Response) => void): this;
    listen(port: number): Server;
  }

  const express: { (): Application; json(): Middleware };
  export = express;
}
