import { once } from "node:events";
import type { Server } from "node:http";
import { type AppFolder, loadEntryPoint } from "./host/app-folder";
import {
  type AppRegistry,
  type Binding,
  type RegisteredFunction,
  supplyCoreModule,
  type TypedData,
} from "./host/core-module";
import { functionKeys } from "./host/function-keys";
import { type HostLog, errorText } from "./host/host-log";
import { createListener, type HttpFunction } from "./host/http-listener";
import { createInvoker, type Invoker } from "./host/invocation";
import { parseSchedule, type Schedule } from "./host/ncrontab";
import { QueueService } from "./host/queue-service";
import { sendOutput, startQueueTrigger } from "./host/queues";
import { parseRoute, type Route } from "./host/routes";
import { isMonitored, startTimer, timerInput } from "./host/timers";

export interface HostOptions {
  readonly app: AppFolder;
  /** 0 for any free port. */
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  /** JSON; missing keys are generated. */
  readonly givenKeys: string | undefined;
  readonly log: HostLog;
  /** Called when a function exceeds `functionTimeout`: the worker must end, as in Azure. */
  readonly onTimeout: (functionName: string) => void;
}

export interface FunctionSummary {
  readonly name: string;
  readonly type: string;
  readonly methods?: readonly string[];
  readonly route?: string;
  readonly schedule?: string;
  readonly queue?: string;
}

export interface FunctionsHost {
  readonly port: number;
  readonly functions: readonly FunctionSummary[];
  /** Functions that were found but cannot run, with the reason. */
  readonly inError: Readonly<Record<string, string>>;
  /** Accepts no further invocation, waits up to `graceMs` for running ones, then resolves. */
  stop(graceMs: number): Promise<void>;
}

/** `%NAME%` is replaced by an app setting, without a default. */
export const resolveSettings = (text: string, env: NodeJS.ProcessEnv): string =>
  text.replace(/%([^%]+)%/g, (token, name: string) => {
    const value = env[name];
    if (value === undefined || value === "") {
      throw new Error(`'${token}' does not resolve to a value.`);
    }
    return value;
  });

const triggerOf = ({ metadata }: RegisteredFunction): Binding =>
  Object.values(metadata.bindings).find(({ type }) => /trigger$/i.test(type ?? "")) ?? {};

interface TimerFunction {
  readonly registered: RegisteredFunction;
  readonly schedule: Schedule;
  readonly useMonitor: boolean;
}

interface QueueFunction {
  readonly registered: RegisteredFunction;
  readonly queue: string;
  /** Null where the connection string names no queues: then the function never runs. */
  readonly service: QueueService | null;
}

interface Found {
  readonly summaries: FunctionSummary[];
  readonly routes: Route[];
  readonly httpFunctions: Map<string, HttpFunction>;
  readonly timers: Map<string, TimerFunction>;
  readonly queues: Map<string, QueueFunction>;
  readonly inError: Record<string, string>;
}

/** This host knows connection strings only, no identity. */
const queueServiceOf = ({ connection }: Binding, env: NodeJS.ProcessEnv): QueueService | null =>
  QueueService.open(env[connection ?? ""]);

const addFunction = (found: Found, registered: RegisteredFunction, options: HostOptions): void => {
  const { name } = registered.metadata;
  const trigger = triggerOf(registered);
  const type = trigger.type ?? "";
  if (type === "httpTrigger") {
    const methods = trigger.methods ?? [];
    const route = parseRoute(name, trigger.route, options.app.routePrefix, methods);
    const path = `/${route.segments.map((s) => ("literal" in s ? s.literal : `{${s.parameter}}`)).join("/")}`;
    found.routes.push(route);
    found.httpFunctions.set(name, { registered, authLevel: trigger.authLevel ?? "anonymous" });
    found.summaries.push({ name, type, methods, route: path });
  } else if (type === "timerTrigger") {
    const expression = resolveSettings(trigger.schedule ?? "", options.env);
    const schedule = parseSchedule(expression);
    const useMonitor = (trigger.useMonitor ?? true) && isMonitored(schedule, new Date());
    found.timers.set(name, { registered, schedule, useMonitor });
    found.summaries.push({ name, type, schedule: expression });
  } else if (type === "queueTrigger") {
    const queue = resolveSettings(trigger.queueName ?? "", options.env);
    found.queues.set(name, { registered, queue, service: queueServiceOf(trigger, options.env) });
    found.summaries.push({ name, type, queue });
  } else {
    throw new Error(`this host supports HTTP, timer and queue triggers only, not '${type}'`);
  }
};

const indexFunctions = (registry: AppRegistry, options: HostOptions): Found => {
  const found: Found = {
    summaries: [],
    routes: [],
    httpFunctions: new Map(),
    timers: new Map(),
    queues: new Map(),
    inError: {},
  };
  for (const registered of registry.functions.values()) {
    const { name } = registered.metadata;
    try {
      addFunction(found, registered, options);
    } catch (problem) {
      // A function in error does not prevent others from running, as in the real host.
      const reason = problem instanceof Error ? problem.message : String(problem);
      found.inError[name] = reason;
      options.log("error", "Host.Startup", `The '${name}' function is in error: ${reason}`);
    }
  }
  return found;
};

const fireWith =
  (name: string, registered: RegisteredFunction, invoker: Invoker, log: HostLog) =>
  async (input: TypedData): Promise<void> => {
    try {
      await invoker.invoke(registered, input);
    } catch (problem) {
      log("error", `Function.${name}`, `Executed '${name}' (Failed): ${errorText(problem)}`);
    }
  };

/** Starts each; returns the functions that stop them. */
const queueTriggers = (found: Found, { app, log }: HostOptions, invoker: Invoker): readonly (() => void)[] =>
  [...found.queues].flatMap(([name, { registered, queue, service }]) =>
    service === null
      ? []
      : startQueueTrigger({
          queue,
          service,
          settings: app.queues,
          run: (input, metadata) => invoker.invoke(registered, input, metadata),
          failed: (problem) => log("error", `Function.${name}`, `Executed '${name}' (Failed): ${errorText(problem)}`),
        }),
  );

const listen = async (server: Server, port: number): Promise<number> => {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
};

const stopServer = async (server: Server, invoker: Invoker, graceMs: number): Promise<void> => {
  const closed = once(server, "close");
  server.close();
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  const stillRunning = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
  await Promise.race([invoker.idle(), stillRunning]);
  server.closeIdleConnections();
  await closed;
  clearTimeout(grace);
};

/**
 * A small Functions host for one app: HTTP, timer and queue triggers, queues as outputs, function keys, and `%SETTING%`
 * in schedules and names of queues.
 * It needs a separate process: the app's module and its environment are global. Rejects when the app cannot be loaded.
 */
export const startHost = async (options: HostOptions): Promise<FunctionsHost> => {
  const { app, log } = options;
  const registry = supplyCoreModule(log);
  loadEntryPoint(app);
  await registry.runHooks("appStart", { hookData: {}, appHookData: {}, functionAppDirectory: app.folder });
  await registry.programmingModel()?.getCapabilities?.({});
  registry.closeRegistration();

  const found = indexFunctions(registry, options);
  const keys = functionKeys([...registry.functions.keys()], options.givenKeys);
  const { onTimeout } = options;
  const invoker = createInvoker({
    registry,
    log,
    timeoutMs: app.functionTimeoutMs,
    onTimeout,
    sendOutput: (binding, data) => {
      const queue = resolveSettings(binding.queueName ?? "", options.env);
      return sendOutput(queueServiceOf(binding, options.env), queue, data);
    },
  });
  const server = createListener({
    ...found,
    fireManually: (name, input) => {
      const [timer, queue] = [found.timers.get(name), found.queues.get(name)];
      if (timer !== undefined) return () => fireWith(name, timer.registered, invoker, log)(timerInput(null, false));
      return queue === undefined ? null : () => fireWith(name, queue.registered, invoker, log)({ string: input });
    },
    keys,
    invoker,
    log,
  });
  const port = await listen(server, options.port);
  const stops = [
    ...queueTriggers(found, options, invoker),
    ...[...found.timers].map(([name, timer]) =>
      startTimer({ ...timer, fire: fireWith(name, timer.registered, invoker, log) }),
    ),
  ];
  return {
    port,
    functions: found.summaries,
    inError: found.inError,
    stop: async (graceMs) => {
      for (const stop of stops) stop();
      await stopServer(server, invoker, graceMs);
      await registry.runHooks("appTerminate", { hookData: {}, appHookData: {} });
    },
  };
};
