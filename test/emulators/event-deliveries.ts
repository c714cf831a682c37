/** How a topic delivers: at least once at its best, and in any order. */
export interface Unreliability {
  /** The part of the events that is delivered twice. */
  readonly doubled: number;
  /** The part that is never delivered. */
  readonly lost: number;
  /** How late a delivery may be. Milliseconds. */
  readonly maxDelayMs: number;
}

/** Each event once, and at once. */
export const reliable: Unreliability = { doubled: 0, lost: 0, maxDelayMs: 0 };

/** How long after the event each of its deliveries comes: other delays than those of the next event, so any order. */
export const deliveriesOf = (
  random: { readonly next: () => number },
  { doubled, lost, maxDelayMs }: Unreliability,
): readonly number[] => {
  if (random.next() < lost) return [];
  const count = random.next() < doubled ? 2 : 1;
  return Array.from({ length: count }, () => Math.floor(random.next() * maxDelayMs));
};
