import { AsyncLocalStorage } from "node:async_hooks";
import type { InvocationContext } from "@azure/functions";
import type { App } from "../lib/app";
import { keepIdentityDirect } from "../lib/outgoing/fetch";
import { type Composed, compose, type LineWriter, readyWith } from "../lib/compose";

const current = new AsyncLocalStorage<InvocationContext>();

/** Lines go to the log of the invocation that they were written in. */
const write: LineWriter = (level, line) => {
  const context = current.getStore();
  if (context === undefined) process.stdout.write(`${line}\n`);
  else if (level === "error") context.error(line);
  else if (level === "warn") context.warn(line);
  else context.log(line);
};

let composed: Composed | null = null;

/** The app, built and its settings checked at the first use in this process. */
export const theApp = (): Composed => {
  if (composed === null) {
    // Before the SDKs read it.
    keepIdentityDirect(process.env);
    composed = compose(process.env, write);
  }
  return composed;
};

/** Puts an app in the place of the composed one: how tests run the handlers on a world of their own. */
export const useApp = (app: App): void => {
  composed = readyWith(app);
};

/** Runs `work` so that what it logs goes to this invocation's log. */
export const within = <T>(context: InvocationContext, work: () => Promise<T>): Promise<T> => current.run(context, work);
