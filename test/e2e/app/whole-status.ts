const members = {
  status: [
    "account",
    "resourceId",
    "secret",
    "phase",
    "waitingFor",
    "blocked",
    "stalled",
    "paused",
    "activeSlot",
    "rotation",
    "lastRotation",
    "nextDueAt",
    "consumers",
  ],
  secret: ["vaultUrl", "name", "version"],
  waitingFor: ["reason", "detail", "since"],
  blocked: ["reason", "remedy", "since", "attempts", "nextAttemptAt"],
  rotation: [
    "id",
    "trigger",
    "reason",
    "target",
    "previous",
    "startedAt",
    "publishedAt",
    "secretVersion",
    "retireAfter",
    "retireAt",
  ],
  lastRotation: ["id", "outcome", "startedAt", "endedAt"],
  consumers: ["name", "state", "instances"],
  instances: ["id", "at", "secretVersion", "healthy", "proven"],
} as const;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const expectMembers = (what: keyof typeof members, value: unknown, but: readonly string[] = []): void => {
  const expected = members[what].filter((name) => !but.includes(name));
  expect([what, ...Object.keys(Object(value)).toSorted()]).toEqual([what, ...expected.toSorted()]);
};

/** Expects every member and no other at all levels; null for members without a value. */
export const expectWholeStatus = (status: unknown, but: readonly "consumers"[] = []): void => {
  expectMembers("status", status, but);
  expectMembers("secret", member(status, "secret"));
  for (const name of ["waitingFor", "blocked", "rotation", "lastRotation"] as const) {
    const value = member(status, name);
    if (value !== null) expectMembers(name, value);
  }
  for (const consumer of listOf(member(status, "consumers"))) {
    expectMembers("consumers", consumer);
    for (const instance of listOf(member(consumer, "instances"))) expectMembers("instances", instance);
  }
};
