// The part of NestJS that docs/recipes/nestjs.md uses; we do not install it.
declare module "@nestjs/common" {
  export interface OnApplicationShutdown {
    onApplicationShutdown(signal?: string): unknown;
  }
  export class Logger {
    constructor(context: string);
    error(message: string): void;
  }
  export class BadRequestException extends Error {
    constructor(response: object);
  }
  type Class = new (...parameters: never[]) => unknown;
  export function Injectable(): ClassDecorator;
  export function Global(): ClassDecorator;
  export function Controller(path: string): ClassDecorator;
  export function Module(parts: {
    readonly imports?: readonly Class[];
    readonly controllers?: readonly Class[];
    readonly providers?: readonly Class[];
    readonly exports?: readonly Class[];
  }): ClassDecorator;
  export function Post(): MethodDecorator;
  export function Body(): ParameterDecorator;
}

declare module "@nestjs/core" {
  export const NestFactory: {
    create(module: new () => unknown): Promise<{
      enableShutdownHooks(): unknown;
      listen(port: number | string): Promise<unknown>;
    }>;
  };
}
