import type { FormSecret } from "../../../lib/ports/form-secret";

export interface FormSecretWorld {
  /** The secret as a process reads it that has just started. */
  readonly open: () => FormSecret;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

/** The contract of every store of the secret that signs the forms of the page. */
export const formSecretContract = (name: string, openWorld: () => Promise<FormSecretWorld>): void => {
  describe(`the secret of forms in ${name}`, () => {
    let world: FormSecretWorld;

    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world.close());

    it("is made once, of 32 bytes, and is the same for every process, also where all ask at once", async () => {
      const found = await Promise.all(Array.from({ length: 10 }, () => world.open().read(call)));
      expect(new Set(found).size).toBe(1);
      expect(Buffer.from(found[0] ?? "", "base64url")).toHaveLength(32);
      expect(await world.open().read(call)).toBe(found[0]);
    });
  });
};
