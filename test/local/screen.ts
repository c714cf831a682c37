import { createWriteStream, type WriteStream } from "node:fs";

/** The output for the user: permanent lines, and below them one line that is overwritten on a terminal. */
export interface Screen {
  line(text: string): void;
  /** The present state in one line; without a terminal a new line at intervals. */
  progress(text: string): void;
  /** Writes only to the file of all output, for lines of other processes. */
  keep(text: string): void;
  end(): Promise<void>;
}

export interface ScreenOptions {
  /** A file for the output of all processes. */
  readonly keepFile?: string | undefined;
  /** The interval of progress lines without a terminal. Milliseconds. */
  readonly progressEveryMs: number;
}

export const openScreen = ({ keepFile, progressEveryMs }: ScreenOptions): Screen => {
  const kept: WriteStream | null = keepFile === undefined ? null : createWriteStream(keepFile);
  const inPlace = process.stdout.isTTY;
  let shown = "";
  let nextProgressAt = 0;

  const keep = (text: string): void => {
    kept?.write(`${text}\n`);
  };
  const clear = (): void => {
    if (shown !== "") process.stdout.write("\r\u001B[2K");
  };
  return {
    keep,
    line: (text) => {
      clear();
      process.stdout.write(`${text}\n${shown}`);
      keep(text);
    },
    progress: (text) => {
      if (inPlace) {
        clear();
        // A wrapped line could not be cleared.
        shown = text.slice(0, (process.stdout.columns || 80) - 1);
        process.stdout.write(shown);
      } else if (Date.now() >= nextProgressAt) {
        nextProgressAt = Date.now() + progressEveryMs;
        process.stdout.write(`${text}\n`);
      }
      keep(text);
    },
    end: async () => {
      clear();
      shown = "";
      await new Promise<void>((resolve) => (kept === null ? resolve() : kept.end(() => resolve())));
    },
  };
};
