import { createWriteStream, type WriteStream } from "node:fs";

/** What a person watches: lines that stay, and below them one line that is written over on a terminal. */
export interface Screen {
  line(text: string): void;
  /** The present state in one line; elsewhere than on a terminal a new line now and then. */
  progress(text: string): void;
  /** Writes to the kept output only: what the processes behind this say. */
  keep(text: string): void;
  end(): Promise<void>;
}

export interface ScreenOptions {
  /** A file that takes every line of every process. */
  readonly keepFile?: string | undefined;
  /** Between two progress lines where they can't be written over. Milliseconds. */
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
    if (shown !== "") {
      process.stdout.write("\r\u001B[2K");
    }
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
        // A line that wraps could not be cleared.
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
