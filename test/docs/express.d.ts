// The part of Express 5 that docs/recipes/web-apps.md uses; we do not install it.
declare module "express" {
  import type { RequestListener, Server } from "node:http";

  interface Request {
    readonly body: unknown;
  }

  interface Response {
    status(code: number): this;
    json(body: unknown): this;
  }

  interface Application extends RequestListener {
    use(handler: RequestListener): this;
    post(path: string, handler: (request: Request, response: Response) => void): this;
    listen(port: number): Server;
  }

  const express: { (): Application; json(): RequestListener };
  export = express;
}
