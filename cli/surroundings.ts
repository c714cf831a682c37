/** What a command needs of the process that it runs in, so that a test can supply it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: (url: string, init: RequestInit & { readonly body?: string }) => Promise<Response>;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Whether a person can answer a question. */
  readonly canAsk: boolean;
  readonly ask: (question: string) => Promise<string>;
  readonly now: () => Date;
  /** Resolves early when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** The output of a program. Rejects where it cannot be run or fails. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
  /** Shows a page that needs a key. Rejects where there is no browser. */
  readonly openBrowser: (address: string) => Promise<void>;
  readonly readFile: (path: string) => string;
  readonly newId: () => string;
}

export interface Stream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Of a terminal; null of anything else. */
  readonly columns: number | null;
}
