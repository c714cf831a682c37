import { AsyncLocalStorage } from "node:async_hooks";
import type { InvocationContext } from "@azure/functions";
import type { App } from "../lib/app";
import type { Composed, LineWriter } from "../lib/compose";

const current = new AsyncLocalStorage<InvocationContext>();

/** Lines go to the log of the invocation that they were written in. */
const write: LineWriter = (level, line) => {
  const context = current.getStore();
  if (context === undefined) process.stdout.write(`${line}\n`);
  else if (level === "error") context.error(line);
  else if (level === "warn") context.warn(line);
  else context.log(line);
};

let composed: Promise<Composed> | null = null;

/** The app, loaded, built and its settings checked at the first use in this process. */
export const theApp = (): Promise<Composed> => {
  composed ??= build().catch((error: unknown) => {
    composed = null;
    throw error;
  });
  return composed;
};

const build = async (): Promise<Composed> => {
  const { keepIdentityDirect } = await import("../lib/outgoing/fetch");
  const { compose } = await import("../lib/compose");
  // Before the SDKs read it.
  keepIdentityDirect(process.env);
  return compose(process.env, write);
};

/** Puts an app in the place of the composed one: how tests run the handlers on a world of their own. */
export const useApp = (app: App): void => {
  composed = import("../lib/compose").then(({ readyWith }) => readyWith(app));
};

/** Runs `work` so that what it logs goes to this invocation's log. */
export const within = <T>(context: InvocationContext, work: () => Promise<T>): Promise<T> => current.run(context, work);
