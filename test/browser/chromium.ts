import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executable = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Whether a browser is there. `REQUIRE_CHROMIUM`: it must be. */
export const hasChromium = existsSync(executable) || process.env["REQUIRE_CHROMIUM"] === "1";

export const openChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executable,
    timeout: 120_000,
    args: ["--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--font-render-hinting=none"],
  });

/** A group of tests that need a browser: skipped, with a notice, where there is none. */
export const inChromium = (title: string, tests: () => void): void => {
  if (hasChromium) describe(title, tests);
  else {
    console.warn(`${executable} is not there: the tests of the page in a browser are skipped (set CHROMIUM)`);
    describe.skip(title, tests);
  }
};
