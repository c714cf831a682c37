import { randomBytes, randomUUID } from "node:crypto";
import type {
  AppRegistry,
  Binding,
  CoreContext,
  InvocationRequest,
  InvocationResponse,
  RegisteredFunction,
  TypedData,
} from "./core-module";
import type { HostLog } from "./host-log";

const isDone = Symbol("timed out");

export interface Invoker {
  /**
   * One run of a function, as in the real worker: the library makes the arguments from protocol data,
   * calls the handler, and converts its answer to protocol data. Rejects with the handler's error.
   */
  invoke(
    registered: RegisteredFunction,
    input: TypedData,
    triggerMetadata?: Readonly<Record<string, TypedData>>,
  ): Promise<InvocationResponse>;
  /** Resolves when nothing is running. */
  idle(): Promise<void>;
}

export interface InvokerOptions {
  readonly registry: AppRegistry;
  readonly log: HostLog;
  readonly timeoutMs: number | null;
  /** The real host restarts the whole worker then. */
  readonly onTimeout: (functionName: string) => void;
  /** Sends what a function has set for one of its output bindings. */
  readonly sendOutput?: (binding: Binding, data: TypedData) => Promise<void>;
}

const traceContext = () => ({
  traceParent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`,
  traceState: "",
});

const requestFor = (
  { metadata }: RegisteredFunction,
  input: TypedData,
  triggerMetadata: Readonly<Record<string, TypedData>>,
): InvocationRequest => ({
  invocationId: randomUUID(),
  inputData: Object.entries(metadata.bindings)
    .filter(([, binding]) => /trigger$/i.test(binding.type ?? ""))
    .map(([name]) => ({ name, data: input })),
  triggerMetadata,
  traceContext: traceContext(),
});

export const createInvoker = ({ registry, log, timeoutMs, onTimeout, sendOutput }: InvokerOptions): Invoker => {
  const running = new Set<Promise<unknown>>();

  const coreContextFor = (registered: RegisteredFunction, request: InvocationRequest): CoreContext => ({
    invocationId: request.invocationId,
    request,
    metadata: registered.metadata,
    state: undefined,
    log: (level, logCategory, message) =>
      log(level, `Function.${registered.metadata.name}${logCategory === "user" ? ".User" : ""}`, message),
  });

  const run = async (
    registered: RegisteredFunction,
    input: TypedData,
    triggerMetadata: Readonly<Record<string, TypedData>>,
  ): Promise<InvocationResponse> => {
    const model = registry.programmingModel();
    if (model === null) throw new Error("the app has set no programming model");
    const coreContext = coreContextFor(registered, requestFor(registered, input, triggerMetadata));
    const invocation = model.getInvocationModel(coreContext);
    const { context, inputs } = await invocation.getArguments();
    const pre = {
      hookData: {},
      appHookData: {},
      invocationContext: context,
      functionCallback: registered.callback,
      inputs,
    };
    coreContext.state = "preInvocationHooks";
    await registry.runHooks("preInvocation", pre);
    const post: { result: unknown; error: unknown } & Record<string, unknown> = { ...pre, result: null, error: null };
    coreContext.state = "invocation";
    try {
      post.result = await invocation.invokeFunction(context, pre.inputs, pre.functionCallback);
    } catch (problem) {
      post.error = problem;
    }
    coreContext.state = "postInvocationHooks";
    await registry.runHooks("postInvocation", post);
    coreContext.state = undefined;
    if (post.error !== null) throw post.error;
    const response = await invocation.getResponse(context, post.result);
    for (const { name, data } of response.outputData ?? []) {
      const binding = registered.metadata.bindings[name];
      if (binding !== undefined) await sendOutput?.(binding, data);
    }
    return response;
  };

  const withTimeout = async (name: string, work: Promise<InvocationResponse>): Promise<InvocationResponse> => {
    if (timeoutMs === null) return work;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<typeof isDone>((resolve) => {
      timer = setTimeout(() => resolve(isDone), timeoutMs);
    });
    try {
      const first = await Promise.race([work, deadline]);
      if (first === isDone) {
        onTimeout(name);
        throw new Error(`Timeout value of ${timeoutMs} ms exceeded by function: ${name}`);
      }
      return first;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    invoke: async (registered, input, triggerMetadata = {}) => {
      const work = withTimeout(registered.metadata.name, run(registered, input, triggerMetadata));
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    },
    idle: async () => {
      while (running.size > 0) {
        await Promise.allSettled(running);
      }
    },
  };
};
