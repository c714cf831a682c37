import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export type ShellName = "bash" | "zsh" | "fish";

export const hasShell = (shell: ShellName): boolean => spawnSync(shell, ["--version"]).error === undefined;

/** In bash the function is called as the shell would. */
const inBash = (script: string): string => `${readFileSync(script, "utf8")}
read -ra COMP_WORDS <<< "$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_batch_key_rotator
printf '%s\\n' "\${COMPREPLY[@]}"`;

/** An interactive zsh in a terminal of its own, in which what is offered is printed. */
const inZsh = (script: string): string => `zmodload zsh/zpty || exit 1
zpty z zsh -f -i
zpty -w z 'stty -echo; PROMPT= RPROMPT=; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -D -u
source ${script}
compadd () {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  for hit in $hits; do print -r -- "<<$hit>>"; done
  builtin compadd "$@"
}
ended () { print -r -- "<<""ended>>"; exit }
comppostfuncs=(ended)
bindkey "^I" complete-word
print RE""ADY'
while zpty -r z text; do [[ $text == *READY* ]] && break; done
zpty -w -n z "$1"$'\\t'
while zpty -r z text; do
  [[ $text == *"<<ended>>"* ]] && break
  [[ $text =~ "<<(.*)>>" ]] && print -r -- $match[1]
done
zpty -d z`;

const inFish = (script: string): string => `source ${script}; complete -C "$argv[1]" | string replace -r '\\t.*' ''`;

interface Typed {
  /** The file that completes. */
  readonly script: string;
  /** Where it is typed. */
  readonly folder: string;
  /** After the name of the program; the cursor is at its end. */
  readonly typed: string;
}

/** The words that a real shell offers, sorted. */
export const completedBy = (shell: ShellName, { script, folder, typed }: Typed): readonly string[] => {
  const text = `batch-key-rotator ${typed}`;
  const args = {
    bash: ["--norc", "-c", inBash(script), "bash", text],
    zsh: ["-f", "-c", inZsh(script), "zsh", text],
    fish: ["--no-config", "-c", inFish(script), text],
  }[shell];
  const { stdout, stderr } = spawnSync(shell, args, { cwd: folder, encoding: "utf8", timeout: 30_000 });
  if (stderr !== "") throw new Error(`${shell}: ${stderr}`);
  return [...new Set(stdout.split("\n").filter((word) => word !== ""))].toSorted();
};
