interface Group<T> {
  readonly waiting: IterableIterator<readonly [number, T]>;
  underWay: number;
}

/**
 * Runs `work` on every item, at most `most` at a time, and returns the results in the items' order. The next item is
 * always one of the group of which the fewest are under way, and of such groups one that has waited longest: so a group
 * that is slow, or large, holds up no other.
 */
export const fairly = async <T, R>(
  items: readonly T[],
  groupOf: (item: T) => string,
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results = new Map<number, R>();
  const queue = new Groups(items, groupOf);
  const worker = async (): Promise<void> => {
    for (let next = queue.take(); next !== null; next = queue.take()) {
      const { index, item, done } = next;
      results.set(index, await work(item));
      done();
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return [...results.entries()].toSorted(([a], [b]) => a - b).map(([, result]) => result);
};

class Groups<T> {
  /** Those that have items left, the one that was served longest ago first. */
  readonly #groups: Map<string, Group<T>>;

  constructor(items: readonly T[], groupOf: (item: T) => string) {
    const byName = new Map<string, (readonly [number, T])[]>();
    for (const [index, item] of items.entries()) {
      const name = groupOf(item);
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [[index, item]]);
      else known.push([index, item]);
    }
    this.#groups = new Map([...byName].map(([name, own]) => [name, { waiting: own.values(), underWay: 0 }]));
  }

  /** Null where no item is left. */
  take(): { readonly index: number; readonly item: T; readonly done: () => void } | null {
    for (let next = this.#fewest(); next !== null; next = this.#fewest()) {
      const [name, group] = next;
      const found = group.waiting.next();
      this.#groups.delete(name);
      if (found.done === true) continue;
      this.#groups.set(name, group);
      group.underWay += 1;
      const [index, item] = found.value;
      const done = (): void => {
        group.underWay -= 1;
      };
      return { index, item, done };
    }
    return null;
  }

  #fewest(): readonly [string, Group<T>] | null {
    let found: readonly [string, Group<T>] | null = null;
    for (const each of this.#groups) if (found === null || each[1].underWay < found[1].underWay) found = each;
    return found;
  }
}
