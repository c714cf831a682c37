import { machine, minute, second, wordsOf } from "../internals";
import { managedIdentity } from "../managed-identity";
import { reporter, type SendReport } from "../reporter";
import { findVersion, type Read, readVersion } from "../secret-reader";
import { prove } from "../shared-key";
import type { TokenSource } from "../types";
import type { CommandLine } from "./arguments";

export const say = (text: string): void => void process.stderr.write(`batch-key-client: ${text}\n`);

export const credentialOf = (env: NodeJS.ProcessEnv): TokenSource => {
  const token = env["BATCH_KEY_VAULT_TOKEN"];
  return token ? { getToken: async () => ({ token }) } : managedIdentity(machine, env);
};

const limited = <T>(ms: number, work: Promise<T>): Promise<T | null> =>
  Promise.race([
    work,
    new Promise<null>((resolve) => {
      machine.after(ms, () => resolve(null), true);
    }),
  ]);

/** The newest version, within `ms` milliseconds; null, with a line that says why, where the vault is out of reach. */
export const readNewest = async (line: CommandLine, credential: TokenSource, ms: number): Promise<Read | null> => {
  try {
    const read = await limited(ms, readVersion(machine, credential, line.secretUrl));
    if (read === null) say("the vault has not answered with a key");
    return read;
  } catch (problem) {
    say(`the vault cannot be read: ${wordsOf(problem)}`);
    return null;
  }
};

/** The version that holds the key of the environment. */
export const findKey = async (line: CommandLine, credential: TokenSource, key: string): Promise<Read | null> => {
  try {
    const found = await findVersion(machine, credential, line.secretUrl, key);
    if (found === null) say("no version of the secret holds the key that is used");
    return found;
  } catch (problem) {
    say(`the vault cannot be read: ${wordsOf(problem)}`);
    return null;
  }
};

/** Reports of one version: repeated every minute, after a failure every fifteen seconds, and that it has left. */
export class Reports {
  readonly #send: SendReport | null;
  #held: Read | null = null;
  #cancel: () => void = () => undefined;
  #stopped = false;
  #said = "";

  constructor(
    private readonly line: CommandLine,
    private readonly works: () => Promise<boolean>,
    /** Finds the version where it was not known at the start. */
    private readonly find: () => Promise<Read | null>,
  ) {
    this.#send = line.report && reporter(machine, line.report, (event, _version, detail) => this.#log(event, detail));
  }

  /** Ends after the first report, whether it was accepted or not. */
  async start(held: Read | null): Promise<void> {
    this.#held = held;
    if (this.#send !== null) await this.#turn();
  }

  /** One report. False where it was not accepted. */
  async once(): Promise<boolean> {
    this.#held ??= await this.find();
    const { line, endpoint } = { line: this.line, endpoint: this.line.endpoint };
    if (this.#held === null || this.#send === null || this.#stopped) return false;
    const { version, key } = this.#held;
    const proven = endpoint === null ? "unknown" : await prove(machine, endpoint, line.account, key);
    const healthy = proven !== "refused" && (await this.works());
    return this.#stopped ? false : this.#send({ version, key, healthy }, false);
  }

  /** Reports, within ten seconds, that the instance has ended. */
  async leave(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    if (this.#held === null || this.#send === null) return;
    const { version, key } = this.#held;
    await limited(10 * second, this.#send({ version, key, healthy: true }, true));
  }

  async #turn(): Promise<void> {
    const accepted = await this.once();
    if (this.#stopped) return;
    // Without a version, the vault is asked again, which it is every five minutes at most.
    const ms = accepted ? minute : this.#held === null ? 5 * minute : 15 * second;
    this.#cancel = machine.after(ms, () => void this.#turn());
  }

  /** A failure is said once, until it changes or ends. */
  #log(event: string, detail: string): void {
    const text = event === "reported" ? "" : detail;
    if (text !== "" && text !== this.#said) say(text);
    this.#said = text;
  }
}

export { limited };
