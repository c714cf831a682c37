import { apiAddress } from "./address";
import { type Client, openClient } from "./client";
import type { ExitCode } from "./exit-codes";
import type { Secrets } from "./secrets";
import type { Stream, Surroundings } from "./surroundings";
import { type Colours, coloursFor } from "./text";

/** The options of every command that talks to the app. */
export interface RemoteOptions {
  readonly url?: string;
  readonly audience?: string;
  readonly output: "table" | "json";
}

/** One run of a command. */
export interface Session {
  readonly client: Client;
  readonly surroundings: Surroundings;
  readonly options: RemoteOptions;
  readonly secrets: Secrets;
  /** Of the standard output. */
  readonly colours: Colours;
  /** Data, as text or as JSON: whichever was asked for. */
  readonly show: (text: () => string, json: unknown) => void;
  /** A message for the person at the terminal, on standard error. */
  readonly say: (text: string) => void;
}

export type RemoteCommand = (session: Session) => Promise<ExitCode>;

/** Both streams hide every key and token of this run. */
export const guarded = (surroundings: Surroundings, secrets: Secrets): Surroundings => ({
  ...surroundings,
  stdout: secrets.guard(surroundings.stdout),
  stderr: secrets.guard(surroundings.stderr),
});

export const openSession = async (
  surroundings: Surroundings,
  options: RemoteOptions,
  secrets: Secrets,
): Promise<Session> => {
  const { stdout, stderr, env } = surroundings;
  const url = apiAddress(options.url, env);
  const client = await openClient(surroundings, { url, audience: options.audience, secrets });
  return {
    client,
    surroundings,
    options,
    secrets,
    colours: coloursFor(stdout, env),
    show: (text, json) => showData(stdout, options.output, text, json),
    say: (text) => stderr.write(`${text}\n`),
  };
};

const showData = (stdout: Stream, output: RemoteOptions["output"], text: () => string, json: unknown): void =>
  stdout.write(output === "json" ? `${JSON.stringify(json, null, 2)}\n` : text());
