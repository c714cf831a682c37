import type { App } from "../../lib/app";
import type { AppRegistry, FunctionCallback, FunctionMetadata, ProgrammingModel } from "../local/host/core-module";
import { createInvoker, type Invoker } from "../local/host/invocation";
import { matchRoute, parseRoute, type Route } from "../local/host/routes";
import { checkDescribed } from "./described";

/** One answer of the app, its body as text and as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: unknown;
}

export interface Call {
  readonly method: "GET" | "POST" | "OPTIONS";
  /** Under `/api`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The app's functions in this process, called by the library's own conversion of protocol data. */
export interface Surface {
  /** As they are registered. */
  readonly routes: readonly Route[];
  /** Makes this app answer from now on. */
  use(app: App): void;
  call(call: Call): Promise<Answer>;
  /** Runs the timer's function once. */
  tick(): Promise<void>;
}

type Functions = Map<string, { readonly metadata: FunctionMetadata; readonly callback: FunctionCallback }>;

/** `@azure/functions-core`, which only a Functions worker has. It must exist before the library is loaded. */
const supplyCore = (functions: Functions): (() => ProgrammingModel | null) => {
  let model: ProgrammingModel | null = null;
  const core = {
    version: "3.0.0",
    hostVersion: "4.1000.0",
    setProgrammingModel: (given: ProgrammingModel): void => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      functions.set(metadata.name, { metadata, callback });
      return { dispose: () => functions.delete(metadata.name) };
    },
    registerHook: () => ({ dispose: () => undefined }),
    log: () => undefined,
  };
  jest.doMock("@azure/functions-core", () => core, { virtual: true });
  return () => model;
};

const routesOf = (functions: Functions): readonly Route[] =>
  [...functions.values()].flatMap(({ metadata }) =>
    Object.values(metadata.bindings)
      .filter(({ type }) => type === "httpTrigger")
      .map(({ route, methods = [] }) => parseRoute(metadata.name, route, "api", methods)),
  );

let opened: Promise<Surface> | null = null;

/** One per test file, because the functions register once. */
export const openSurface = (): Promise<Surface> => (opened ??= open());

const open = async (): Promise<Surface> => {
  const functions: Functions = new Map();
  const programmingModel = supplyCore(functions);
  const { useApp } = await import("../../functions/runtime");
  await import("../../functions/index");
  const registry: AppRegistry = {
    functions,
    programmingModel,
    runHooks: async () => undefined,
    closeRegistration: () => undefined,
  };
  const invoker = createInvoker({ registry, log: () => undefined, timeoutMs: null, onTimeout: () => undefined });
  const routes = routesOf(functions);
  const registered = (name: string) => {
    const found = functions.get(name);
    if (found === undefined) throw new Error(`the app has no function ${name}`);
    return found;
  };
  let current: App | null = null;
  // The functions keep the app that they get first.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every member is taken from the present app
  useApp(new Proxy({} as App, { get: (_nothing, member) => Reflect.get(current ?? {}, member) }));
  return {
    routes,
    use: (app) => {
      current = app;
    },
    call: (call) => answerOf(invoker, registered, routes, call),
    tick: async () => {
      await invoker.invoke(registered("rotateOnSchedule"), { json: '{"isPastDue":false}' });
    },
  };
};

/** A text is a form that a browser sends. */
const contentTypeOf = (body: unknown): string =>
  typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json";

const values = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, { value }]));

const answerOf = async (
  invoker: Invoker,
  registered: (name: string) => Parameters<Invoker["invoke"]>[0],
  routes: readonly Route[],
  { method, path, body, headers = {} }: Call,
): Promise<Answer> => {
  const url = new URL(`http://rotator.test/api${path}`);
  const match = matchRoute(routes, method, url.pathname);
  if (match === null) throw new Error(`the app has no route ${method} ${path}`);
  const sent = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
  const { returnValue } = await invoker.invoke(registered(match.route.functionName), {
    http: {
      method,
      url: url.href,
      nullableHeaders: values({ ...(sent === null ? {} : { "content-type": contentTypeOf(body) }), ...headers }),
      nullableQuery: values(Object.fromEntries(url.searchParams)),
      nullableParams: values(match.parameters),
      body: sent === null ? null : { string: sent },
    },
  });
  const http = returnValue?.http ?? {};
  const text = http.body?.string ?? Buffer.from(http.body?.bytes ?? []).toString("utf8");
  const isJson = /[/+]json/.test(http.headers?.["content-type"] ?? "");
  const parsed: unknown = text === "" || !isJson ? null : JSON.parse(text);
  const answer = { status: Number(http.statusCode), headers: http.headers ?? {}, text, body: parsed };
  checkDescribed({ method, path, ...answer });
  return answer;
};
