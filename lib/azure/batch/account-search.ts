import type { BatchKey } from "../../batch-key";
import { TransientServiceError } from "../../errors";
import { outgoingFetch } from "../../outgoing/fetch";
import type { SlotKeys } from "../../ports/batch-keys";
import type { Clock } from "../../ports/system";
import type { AccountSearch, KeyCopy } from "../../rotation/gate/key-copies";
import { seconds } from "../../rotation/time/units";
import { copiesIn, describeObject } from "./copy-places";
import { dataPlaneError, refusalIn } from "./data-plane-failure";
import { type List, nextPage, type Page, readPage } from "./list-page";
import { listUrl, signedHeaders } from "./shared-key";

interface SearchTask {
  readonly accountName: string;
  /** Host of the data plane, with its port where it has one. */
  readonly accountEndpoint: string;
  /** Signs every request. */
  readonly signWith: BatchKey;
  /** Searched for. */
  readonly keys: SlotKeys;
  readonly clock: Clock;
}

const operation = "Batch data plane search";
const maxRequestMs = seconds(30);
/** No further request begins after this. */
const maxSearchMs = seconds(45);
const maxObjects = 20_000;
const onlyTheFirst = `only the first ${maxObjects} were searched`;
/** Requests for the tasks of different jobs at once. */
const jobsAtOnce = 4;
const maxAttempts = 3;
const maxPauseMs = seconds(5);

const pools: List = { kind: "pool", path: "/pools", query: { $select: "id,startTask,metadata" } };
const jobs: List = {
  kind: "job",
  path: "/jobs",
  query: {
    $filter: "state ne 'completed'",
    $select: "id,state,commonEnvironmentSettings,jobManagerTask,jobPreparationTask,jobReleaseTask,poolInfo,metadata",
  },
};
const schedules: List = {
  kind: "job schedule",
  path: "/jobschedules",
  query: { $select: "id,state,jobSpecification,metadata" },
};
/** A task that waits for the preparation of its job is neither active nor running. */
const tasksOf = (job: string): List => ({
  kind: "task",
  path: `/jobs/${encodeURIComponent(job)}/tasks`,
  query: {
    $filter: "state ne 'completed'",
    $select:
      "id,state,commandLine,environmentSettings,containerSettings,resourceFiles,outputFiles,multiInstanceSettings",
  },
});

/** One pass over everything in an account that can hold a copy of a key and still use it. */
class Search {
  readonly #copies: KeyCopy[] = [];
  readonly #jobs: string[] = [];
  readonly #enough: AbortSignal;
  #objects = 0;
  #incomplete: string | null = null;

  constructor(
    private readonly task: SearchTask,
    private readonly signal: AbortSignal,
  ) {
    this.#enough = task.clock.abortAfter(maxSearchMs);
  }

  async run(): Promise<AccountSearch> {
    await Promise.all([pools, jobs, schedules].map((list) => this.#search(list, "")));
    const waiting = this.#jobs.values();
    await Promise.all(Array.from({ length: jobsAtOnce }, () => this.#searchTasks(waiting)));
    return { copies: this.#copies, objects: this.#objects, incomplete: this.#incomplete };
  }

  /** Each worker takes the next job from the same iterator. */
  async #searchTasks(waiting: IterableIterator<string>): Promise<void> {
    for (const job of waiting) await this.#search(tasksOf(job), ` of ${describeObject("job", job, this.task.keys)}`);
  }

  async #search(list: List, of: string): Promise<void> {
    for (let url: URL | null = this.#urlOf(list); url !== null && !this.#hasEnough(); ) {
      const page = await this.#page(url);
      if (page === null) return;
      if (page === "tooLarge") return this.#leaveOut(`one answer for a list of ${list.kind}s${of} is too large`);
      for (const item of page.value) this.#look(item, list, of);
      url = nextPage(page, url, operation);
    }
  }

  #urlOf({ path, query }: List): URL {
    return listUrl(this.task.accountEndpoint, path, query);
  }

  #look(item: Page["value"][number], { kind }: List, of: string): void {
    if (item.state === "completed") return;
    if (this.#objects >= maxObjects) return this.#leaveOut(onlyTheFirst);
    this.#objects += 1;
    if (kind === "job") this.#jobs.push(item.id);
    const { keys } = this.task;
    this.#copies.push(...copiesIn(item, `${describeObject(kind, item.id, keys)}${of}`, keys));
  }

  /** Asked only where a request is to follow. */
  #hasEnough(): boolean {
    if (this.#enough.aborted) this.#leaveOut(`the search took longer than ${maxSearchMs / 1000} s`);
    else if (this.#objects >= maxObjects) this.#leaveOut(onlyTheFirst);
    else return false;
    return true;
  }

  /** The first reason stays. */
  #leaveOut(why: string): void {
    this.#incomplete ??= why;
  }

  /** Null where the list is gone: a job may be deleted meanwhile. */
  async #page(url: URL): Promise<Page | "tooLarge" | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#ask(url);
      } catch (error) {
        const failure = dataPlaneError(error, operation);
        const pauseMs = failure instanceof TransientServiceError ? (failure.retryAfterMs ?? attempt * 500) : Infinity;
        const passes = attempt < maxAttempts && pauseMs <= maxPauseMs && !this.signal.aborted && !this.#enough.aborted;
        if (!passes) throw failure;
        await this.task.clock.sleep(pauseMs, this.signal);
      }
    }
  }

  async #ask(url: URL): Promise<Page | "tooLarge" | null> {
    const { accountName, signWith: key, clock } = this.task;
    const response = await outgoingFetch(url, {
      headers: signedHeaders({ accountName, key, now: clock.now() }, url),
      signal: AbortSignal.any([this.signal, clock.abortAfter(maxRequestMs)]),
    });
    if (response.status === 200) return readPage(response, operation);
    if (response.status === 404 && url.pathname.endsWith("/tasks")) {
      await response.body?.cancel();
      return null;
    }
    const refusal = await refusalIn(response, accountName, operation);
    if (refusal !== "refused") throw refusal;
    throw new TransientServiceError({ operation, statusCode: response.status, code: "KeyRefused" });
  }
}

/**
 * Searches pools, jobs, job schedules and tasks that have not ended for copies of both keys. The keys are compared in
 * memory, and only places are returned. Throws only `TransientServiceError` or `OperatorNeededError`.
 */
export const searchAccount = async (task: SearchTask, signal: AbortSignal): Promise<AccountSearch> => {
  try {
    return await new Search(task, signal).run();
  } catch (error) {
    throw dataPlaneError(error, operation);
  }
};
