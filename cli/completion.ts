import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface Word {
  readonly name: string;
  readonly description: string;
  readonly options: readonly {
    readonly flag: string;
    readonly description: string;
    readonly takesValue: boolean;
    readonly choices: readonly string[];
  }[];
  readonly choices: readonly string[];
  /** Its argument is a file: no other argument is one. */
  readonly takesFile: boolean;
}

const wordOf = (command: Command): Word => ({
  name: command.name(),
  description: command.description(),
  options: command.options.map(({ long, description, required, argChoices }) => ({
    flag: long ?? "",
    description,
    takesValue: required,
    choices: argChoices ?? [],
  })),
  choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  takesFile: command.registeredArguments.some((argument) => argument.name() === "file"),
});

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What may follow a command: its options, and the values of its argument. */
const following = ({ options, choices }: Word): string => [...choices, ...options.map(({ flag }) => flag)].join(" ");

const bash = (name: string, words: readonly Word[]): string => {
  const choices = words
    .flatMap(({ options }) => options.filter(({ takesValue }) => takesValue))
    .map(({ flag, choices: values }) =>
      values.length === 0
        ? `    ${flag}) return ;;`
        : `    ${flag}) COMPREPLY=($(compgen -W ${quoted(values.join(" "))} -- "$cur")); return ;;`,
    );
  const withFile = words.filter(({ takesFile }) => takesFile).map((word) => word.name);
  return `_batch_key_rotator() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
${[...new Set(choices)].join("\n")}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=${quoted(words.map((word) => word.name).join(" "))}
  else
    case "\${COMP_WORDS[1]}" in
${words.map((word) => `      ${word.name}) words=${quoted(following(word))} ;;`).join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case "\${COMP_WORDS[1]}" in
    ${withFile.join("|")}) [ "$COMP_CWORD" -eq 1 ] || COMPREPLY+=($(compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -F _batch_key_rotator ${name}
`;
};

const zshText = (text: string): string => text.replace(/[:[\]]/g, "\\$&");

const zsh = (name: string, words: readonly Word[]): string => {
  const cases = words.map(({ name: word, options, choices, takesFile }) => {
    const specs = options.map(({ flag, description, takesValue, choices: values }) =>
      quoted(`${flag}[${zshText(description)}]${takesValue ? `:value:(${values.join(" ")})` : ""}`),
    );
    const argument = takesFile ? quoted("*: :_files") : quoted(`*: :(${choices.join(" ")})`);
    return `    ${word}) _arguments ${[...specs, argument].join(" ")} ;;`;
  });
  return `#compdef ${name}
_batch_key_rotator() {
  local -a commands=(
${words.map((word) => `    ${quoted(`${word.name}:${zshText(word.description)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local word=\${words[2]}
  shift words
  (( CURRENT-- ))
  case $word in
${cases.join("\n")}
  esac
}
compdef _batch_key_rotator ${name}
`;
};

const fish = (name: string, words: readonly Word[]): string => {
  const start = `complete -c ${name}`;
  const lines = words.flatMap(({ name: word, description, options, choices, takesFile }) => {
    const here = `-n ${quoted(`__fish_seen_subcommand_from ${word}`)}`;
    return [
      `${start} -n __fish_use_subcommand -a ${word} -d ${quoted(description)}`,
      ...(takesFile ? [`${start} -F ${here}`] : []),
      ...(choices.length === 0 ? [] : [`${start} ${here} -a ${quoted(choices.join(" "))}`]),
      ...options.map(({ flag, description: what, takesValue, choices: values }) => {
        const value = takesValue ? ` -x${values.length === 0 ? "" : ` -a ${quoted(values.join(" "))}`}` : "";
        return `${start} ${here} -l ${flag.slice(2)} -d ${quoted(what)}${value}`;
      }),
    ];
  });
  return `${start} -f\n${lines.join("\n")}\n`;
};

const writers = { bash, zsh, fish } as const satisfies Record<Shell, (name: string, words: readonly Word[]) => string>;

/** A script of fixed words: no process is started at each key press, and no key is needed. */
export const completionScript = (program: Command, shell: Shell): string =>
  writers[shell](program.name(), program.commands.map(wordOf));
