/**
 * What a shell does with a block of a document, in order. Nested commands come before the command that uses them. A
 * value that only the shell knows is § in the words of a command.
 */
export type Step =
  | { readonly kind: "uses"; readonly name: string }
  | { readonly kind: "assigns"; readonly name: string }
  | { readonly kind: "defines"; readonly name: string }
  | { readonly kind: "runs"; readonly words: readonly string[] };

const unknown = "§";

class Reader {
  readonly steps: Step[] = [];
  #at: number;
  #words: string[] = [];
  #assigned: string[] = [];

  constructor(
    private readonly text: string,
    start = 0,
    private readonly closing: string | null = null,
  ) {
    this.#at = start;
  }

  /** Reads to the end, or to the closing mark of a nested script; returns where that is. */
  read(): number {
    while (this.#at < this.text.length) {
      if (this.closing !== null && this.#next(this.closing)) {
        this.#end();
        return this.#at;
      }
      this.#step();
    }
    if (this.closing !== null) throw new Error(`${this.closing} is missing in: ${this.text}`);
    this.#end();
    return this.#at;
  }

  #next(mark: string): boolean {
    if (!this.text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #step(): void {
    if (this.#next("\\\n") || this.#take(/[ \t]+/) !== null) return;
    if (this.#take(/#[^\n]*/) !== null) return;
    if (this.#take(/&&|\|\||\n|;|\|/) !== null) return this.#end();
    const definition = this.#take(/(\w+)\(\) \{/);
    if (definition !== null) {
      this.#nested("}");
      this.steps.push({ kind: "defines", name: definition[1] ?? "" });
      return;
    }
    if (this.#next("(")) return this.#nested(")");
    const assignment = this.#words.length === 0 ? this.#take(/(\w+)=/) : null;
    const word = this.#word();
    if (assignment === null) this.#words.push(word);
    else this.#assigned.push(assignment[1] ?? "");
  }

  #nested(closing: string): void {
    const inner = new Reader(this.text, this.#at, closing);
    this.#at = inner.read();
    this.steps.push(...inner.steps);
  }

  #end(): void {
    if (this.#words.length > 0) this.steps.push({ kind: "runs", words: this.#words });
    this.steps.push(...this.#assigned.map((name) => ({ kind: "assigns", name }) as const));
    this.#words = [];
    this.#assigned = [];
  }

  #word(): string {
    const start = this.#at;
    let word = "";
    while (this.#at < this.text.length && !/[\s;|&()]/.test(this.text[this.#at] ?? "") && !this.#closes()) {
      word += this.#quoted() ?? this.#value() ?? this.#character();
    }
    if (this.#at === start) throw new Error(`not understood: ${this.text.slice(this.#at, this.#at + 40)}`);
    return word;
  }

  #closes(): boolean {
    return this.closing === "}" && /^\}(\n|$)/.test(this.text.slice(this.#at));
  }

  #quoted(): string | null {
    const single = this.#take(/'([^']*)'/);
    if (single !== null) return single[1] ?? "";
    if (this.#next("'")) throw new Error(`a quotation mark is missing in: ${this.text}`);
    if (!this.#next('"')) return null;
    let inner = "";
    while (!this.#next('"')) {
      if (this.#at >= this.text.length) throw new Error(`a quotation mark is missing in: ${this.text}`);
      inner += this.#value() ?? this.#character();
    }
    return inner;
  }

  #value(): string | null {
    if (this.#next("$(")) {
      this.#nested(")");
      return unknown;
    }
    const variable = this.#take(/\$\{?([A-Za-z_]\w*|\d)\}?/);
    if (variable === null) return null;
    const [, name = ""] = variable;
    if (!/^\d$/.test(name)) this.steps.push({ kind: "uses", name });
    return unknown;
  }

  #character(): string {
    if (this.#next("\\")) return this.#character();
    const character = this.text[this.#at] ?? "";
    if (/[<>`]/.test(character)) throw new Error(`a document needs no ${character} in a command: ${this.text}`);
    this.#at += 1;
    return character;
  }
}

export const readScript = (text: string): readonly Step[] => {
  const reader = new Reader(text);
  reader.read();
  return reader.steps;
};
