import { type Child, type ChildOptions, nodeCommand, pythonCommand, startChild } from "./child-process";
import { hasPython } from "./python";
import type { ConsumerAccount } from "./staged-accounts";

/** The consumers in the rotator's configuration. */
export const consumerConfigs = [
  { name: "render-api", instances: 1, proof: "required" },
  { name: "nightly-etl", instances: 1, proof: "optional" },
] as const;

/** Refused calls of one account: how many, and the instants of the first and the last in milliseconds since 1970. */
export interface Refusals {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface ConsumerCounts {
  readonly answered: number;
  readonly refused: number;
  /** By the account's name in Batch. */
  readonly refusals: Readonly<Record<string, Refusals>>;
  readonly failed: number;
  readonly signalsAccepted: number;
  readonly signalsRefused: number;
  readonly lastProblem: string | null;
}

export interface Consumers {
  readonly children: readonly Child[];
  readonly notice: string | null;
  /** The sum of the newest lines of all consumers. */
  counts(): ConsumerCounts;
}

export interface ConsumersOptions {
  readonly accounts: readonly ConsumerAccount[];
  readonly rotatorUrl: string;
  readonly signalKey: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (name: string, line: string) => void;
}

const nothing: ConsumerCounts = {
  answered: 0,
  refused: 0,
  refusals: {},
  failed: 0,
  signalsAccepted: 0,
  signalsRefused: 0,
  lastProblem: null,
};

const both = (one: Refusals | undefined, other: Refusals): Refusals =>
  one === undefined
    ? other
    : {
        count: one.count + other.count,
        firstAt: Math.min(one.firstAt, other.firstAt),
        lastAt: Math.max(one.lastAt, other.lastAt),
      };

export const sumOfCounts = (a: ConsumerCounts, b: ConsumerCounts): ConsumerCounts => ({
  answered: a.answered + b.answered,
  refused: a.refused + b.refused,
  refusals: Object.entries(b.refusals).reduce((all, [name, each]) => ({ ...all, [name]: both(all[name], each) }), {
    ...a.refusals,
  }),
  failed: a.failed + b.failed,
  signalsAccepted: a.signalsAccepted + b.signalsAccepted,
  signalsRefused: a.signalsRefused + b.signalsRefused,
  lastProblem: b.lastProblem ?? a.lastProblem,
});

/** Two sample apps in separate processes: one in TypeScript, one in Python if it is installed. */
export const startConsumers = (options: ConsumersOptions): Consumers => {
  const newest = new Map<string, ConsumerCounts>();
  const commands: readonly Pick<ChildOptions, "command" | "args">[] = [
    nodeCommand("consumers/consumer.ts"),
    hasPython ? pythonCommand("consumers/consumer.py") : nodeCommand("consumers/consumer.ts"),
  ];
  const children = consumerConfigs.map(({ name }, index) =>
    startChild({
      name,
      ...(commands[index] ?? nodeCommand("consumers/consumer.ts")),
      env: {
        ...options.env,
        CONSUMER_NAME: name,
        CONSUMER_INSTANCE: `vm-${index + 1}`,
        CONSUMER_ROTATOR_URL: options.rotatorUrl,
        CONSUMER_SIGNAL_KEY: options.signalKey,
        CONSUMER_ACCOUNTS: JSON.stringify(options.accounts),
      },
      onLine: (line, stream) => {
        if (stream === "stdout" && line.startsWith("{")) {
          const counts: ConsumerCounts = JSON.parse(line);
          newest.set(name, counts);
        }
        options.onLine(name, line);
      },
    }),
  );
  return {
    children,
    notice: hasPython ? null : "python3 (3.9 or later) was not found: a second TypeScript consumer runs instead",
    counts: () => [...newest.values()].reduce(sumOfCounts, nothing),
  };
};
