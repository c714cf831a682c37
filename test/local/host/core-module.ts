import Module from "node:module";
import type { HostLog, LogLevel } from "./host-log";

/** One binding of a function as the library passes it to the host. */
export interface Binding {
  readonly type?: string;
  readonly direction?: string;
  readonly authLevel?: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  readonly schedule?: string;
  readonly useMonitor?: boolean;
  readonly queueName?: string;
  /** The setting, or the beginning of the settings, that says where the queue is. */
  readonly connection?: string;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
}

/** The app's handler: the host never calls it, but passes it back to the library. */
export type FunctionCallback = (...args: unknown[]) => unknown;

/** Data between host and worker, in the form of the worker protocol. */
export interface TypedData {
  readonly string?: string | null;
  readonly json?: string | null;
  readonly bytes?: Uint8Array | null;
  readonly stream?: Uint8Array | null;
  readonly int?: number | null;
  readonly double?: number | null;
  readonly http?: HttpData | null;
}

export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, { value: string }>>;
  readonly nullableQuery?: Readonly<Record<string, { value: string }>>;
  readonly nullableParams?: Readonly<Record<string, { value: string }>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly unknown[];
  readonly statusCode?: string;
  readonly body?: TypedData | null;
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: { readonly traceParent: string; readonly traceState: string };
}

export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
}

/** The worker's input to the library for one run; the library sets and reads `state`. */
export interface CoreContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  state: "preInvocationHooks" | "invocation" | "postInvocationHooks" | undefined;
  log(level: LogLevel, logCategory: "user" | "system", message: string): void;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>>;
}

export type HookCallback = (context: unknown) => unknown;

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** All registrations of the app. */
export interface AppRegistry {
  readonly functions: ReadonlyMap<string, RegisteredFunction>;
  programmingModel(): ProgrammingModel | null;
  /** Runs the hooks of this name in the order of their registration. */
  runHooks(name: string, context: unknown): Promise<void>;
  /** From now on functions can be neither added nor removed. */
  closeRegistration(): void;
}

/**
 * Supplies `@azure/functions-core`, which only a Functions worker has. It must be installed before the app is loaded:
 * the library looks for it once, at its first `app.*` call, and caches a failure for ever.
 */
export const supplyCoreModule = (log: HostLog): AppRegistry => {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = new Map<string, HookCallback[]>();
  let model: ProgrammingModel | null = null;
  let closed = false;

  const core = {
    version: "3.0.0",
    hostVersion: "4.1000.0",
    setProgrammingModel: (given: ProgrammingModel): void => {
      model = given;
    },
    getProgrammingModel: () => model,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => {
      if (closed) throw new Error("A function can only be registered during app startup.");
      if (functions.has(metadata.name)) {
        throw new Error(`A function named "${metadata.name}" is registered already.`);
      }
      functions.set(metadata.name, { metadata, callback });
      return { dispose: () => functions.delete(metadata.name) };
    },
    registerHook: (name: string, callback: HookCallback) => {
      hooks.set(name, [...(hooks.get(name) ?? []), callback]);
      return {
        dispose: () =>
          hooks.set(
            name,
            (hooks.get(name) ?? []).filter((known) => known !== callback),
          ),
      };
    },
    log: (level: LogLevel, _category: string, message: string) => log(level, "Worker", message),
  };

  // oxlint-disable-next-line typescript/unbound-method -- the proxy passes `this` on
  Module.prototype.require = new Proxy(Module.prototype.require, {
    apply: (original, module, args: [string]) =>
      args[0] === "@azure/functions-core" ? core : Reflect.apply(original, module, args),
  });

  return {
    functions,
    programmingModel: () => model,
    runHooks: async (name, context) => {
      for (const hook of hooks.get(name) ?? []) await hook(context);
    },
    closeRegistration: () => {
      closed = true;
    },
  };
};
