import type { BatchContent, BatchObject } from "../emulators/batch-content";

/** A form in which a copy of a key may be written. */
type Form = (key: string) => string;

const forms: readonly Form[] = [
  (key) => key,
  (key) => `export BATCH_KEY="${key}"; ./run.sh`,
  (key) => encodeURIComponent(key),
  (key) => key.replaceAll("+", "%2b").replaceAll("/", "%2f").replaceAll("=", "%3d"),
  (key) => JSON.stringify({ key }).replaceAll("/", "\\/").replaceAll("+", "\\u002b").replaceAll("=", "\\u003d"),
  (key) => encodeURIComponent(encodeURIComponent(key)),
  (key) => key.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
];

/** Where one object of Batch can hold a value, and how the search names that place. */
interface Spot {
  readonly of: "pool" | "job" | "jobSchedule" | "task";
  readonly holds: (value: string) => Readonly<Record<string, unknown>>;
  readonly named: string;
}

const setting = (value: string) => ({
  environmentSettings: [
    { name: "A", value: "plain" },
    { name: "BATCH_KEY", value },
  ],
});
const inTask = (member: string) => (value: string) => ({ [member]: setting(value) });

export const spots: readonly Spot[] = [
  { of: "pool", holds: inTask("startTask"), named: "environment setting BATCH_KEY of its start task" },
  { of: "pool", holds: (value) => ({ startTask: { commandLine: value } }), named: "command line of its start task" },
  { of: "pool", holds: (value) => ({ metadata: [{ name: "key", value }] }), named: "metadata item key" },
  {
    of: "pool",
    holds: (value) => ({ startTask: { resourceFiles: [{ httpUrl: `https://x/?sig=${value}` }] } }),
    named: "resource file 1 of its start task",
  },
  {
    of: "pool",
    holds: (value) => ({ startTask: { containerSettings: { containerRunOptions: `-e K=${value}` } } }),
    named: "container run options of its start task",
  },
  {
    of: "job",
    holds: (value) => ({ commonEnvironmentSettings: [{ name: "BATCH_KEY", value }] }),
    named: "common environment setting BATCH_KEY",
  },
  { of: "job", holds: inTask("jobManagerTask"), named: "environment setting BATCH_KEY of its job manager task" },
  {
    of: "job",
    holds: inTask("jobPreparationTask"),
    named: "environment setting BATCH_KEY of its job preparation task",
  },
  {
    of: "job",
    holds: (value) => ({ jobReleaseTask: { commandLine: `./release ${value}` } }),
    named: "command line of its job release task",
  },
  { of: "job", holds: (value) => ({ metadata: [{ name: "note", value }] }), named: "metadata item note" },
  {
    of: "job",
    holds: (value) => ({ poolInfo: { autoPoolSpecification: { pool: { startTask: setting(value) } } } }),
    named: "environment setting BATCH_KEY of its start task of its auto pool",
  },
  {
    of: "jobSchedule",
    holds: (value) => ({ jobSpecification: { jobManagerTask: setting(value) } }),
    named: "environment setting BATCH_KEY of its job manager task",
  },
  { of: "task", holds: setting, named: "environment setting BATCH_KEY" },
  { of: "task", holds: (value) => ({ commandLine: `./work --key ${value}` }), named: "command line" },
  {
    of: "task",
    holds: (value) => ({ containerSettings: { imageName: "x", containerRunOptions: `--env K=${value}` } }),
    named: "container run options",
  },
  {
    of: "task",
    holds: (value) => ({ resourceFiles: [{ httpUrl: "https://x/a" }, { httpUrl: `https://x/?k=${value}` }] }),
    named: "resource file 2",
  },
  {
    of: "task",
    holds: (value) => ({ outputFiles: [{ destination: { container: { containerUrl: `https://x/?k=${value}` } } }] }),
    named: "output file 1",
  },
  {
    of: "task",
    holds: (value) => ({ multiInstanceSettings: { coordinationCommandLine: `start ${value}` } }),
    named: "coordination command line",
  },
];

interface Planted {
  readonly content: BatchContent;
  /** Each place with a copy, as the search must name it. */
  readonly places: readonly string[];
}

export interface Plan {
  readonly jobs: number;
  readonly tasks: number;
  readonly copies: number;
  /** The values that are planted, in turn. */
  readonly keys: readonly string[];
  /** What looks like a key and is none; every object holds one. */
  readonly decoy: string;
}

/** Jobs and tasks with copies spread over all of them, each place and form in turn. */
export const plantCopies = ({ jobs, tasks, copies, keys, decoy }: Plan): Planted => {
  const places: string[] = [];
  const perJob = Math.ceil(tasks / jobs);
  let left = copies;
  const object = (of: Spot["of"], id: string, name: string, nth: number): BatchObject => {
    const plain = { id, state: "active", commandLine: `./run --like ${decoy}`, metadata: [] };
    const fitting = spots.filter((spot) => spot.of === of);
    const spot = fitting[nth % fitting.length];
    const [key, form] = [keys[nth % keys.length], forms[nth % forms.length]];
    if (left === 0 || spot === undefined || key === undefined || form === undefined) return plain;
    left -= 1;
    places.push(`${name}, ${spot.named}`);
    return { ...plain, ...spot.holds(form(key)) };
  };
  const pools = Array.from({ length: 20 }, (_, nth) => object("pool", `pool-${nth}`, `pool pool-${nth}`, nth));
  const jobSchedules = Array.from({ length: 10 }, (_, nth) =>
    object("jobSchedule", `schedule-${nth}`, `job schedule schedule-${nth}`, nth),
  );
  const allJobs = Array.from({ length: jobs }, (_, nth) => object("job", `job-${nth}`, `job job-${nth}`, nth));
  const every = Math.max(1, Math.floor(tasks / Math.max(1, left)));
  let count = 0;
  const ofJobs = allJobs.map(({ id }): [string, readonly BatchObject[]] => [
    id,
    Array.from({ length: perJob }, (_, nth) => {
      count += 1;
      const task = `task-${nth}`;
      if (count % every !== 0) return { id: task, state: "running", commandLine: `./run ${decoy}` };
      return object("task", task, `task ${task} of job ${id}`, count / every);
    }),
  ]);
  const done = { ...setting(keys[0] ?? ""), state: "completed" };
  return {
    places,
    content: {
      pools,
      jobs: [...allJobs, { id: "job-done", ...done }],
      jobSchedules,
      tasks: { ...Object.fromEntries(ofJobs), "job-0": [...(ofJobs[0]?.[1] ?? []), { id: "task-done", ...done }] },
    },
  };
};
