import type { Internals } from "./types";

/** How long after its last signature a key may still be on its way in a call whose end is not seen here. */
const unseenSeconds = 30;

/** Which keys the calls carry that may be under way. */
export interface Calls {
  /** A call begins; the function that is returned is called at its end. */
  begin(key: string): () => void;
  /** A call is signed of which the end is not seen. `forGood`: the key itself is handed out. */
  signed(key: string, forGood: boolean): void;
  /** Another key is in use now. */
  replaced(key: string): void;
  /** Whether a call with another key may be under way. */
  withOther(key: string): boolean;
}

export const trackCalls = ({ now, secondMs }: Internals): Calls => {
  const underWay = new Map<string, number>();
  const unseen = new Map<string, number>();
  let handedOut = false;
  const signed = (key: string): void => void unseen.set(key, now() + unseenSeconds * secondMs);
  return {
    begin: (key) => {
      underWay.set(key, (underWay.get(key) ?? 0) + 1);
      return () => {
        const others = (underWay.get(key) ?? 1) - 1;
        if (others > 0) underWay.set(key, others);
        else underWay.delete(key);
      };
    },
    signed: (key, forGood) => {
      handedOut ||= forGood;
      signed(key);
    },
    replaced: (key) => {
      if (handedOut) signed(key);
    },
    withOther: (key) => {
      for (const [other, until] of unseen) if (until <= now()) unseen.delete(other);
      return [...underWay.keys(), ...unseen.keys()].some((other) => other !== key);
    },
  };
};
