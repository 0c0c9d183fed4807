/** What each shell runs to ask for candidates. A line is `VALUE<TAB>WHAT`, or `:files`. */
export const scripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = {
  bash: `# holdfast in bash: eval "$(holdfast completion bash)" in ~/.bashrc
_holdfast() {
  local line current=\${COMP_WORDS[COMP_CWORD]}
  [ "$current" = = ] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(holdfast __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _holdfast holdfast
`,
  zsh: `#compdef holdfast
# holdfast in zsh: eval "$(holdfast completion zsh)" in ~/.zshrc after compinit, or this text as _holdfast in a directory of $fpath
_holdfast() {
  local line
  local -a lines found
  lines=("\${(@f)$(holdfast __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $lines[1] == :files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
    return
  fi
  [[ $PREFIX == --*=* ]] && compset -P '*='
  for line in $lines; do
    [[ -n $line ]] && found+=("\${line%%$'\\t'*}:\${line#*$'\\t'}")
  done
  _describe holdfast found
}
if [[ $funcstack[1] == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
`,
  fish: `# holdfast in fish: holdfast completion fish > ~/.config/fish/completions/holdfast.fish
function __holdfast_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lead (string match -r -- '^--[^=]+=' $current)
  for line in (holdfast __complete $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = :files
      for file in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' "$current"))
        echo "$lead$file"
      end
      return
    end
    echo "$lead$line"
  end
end
complete -c holdfast -f -a '(__holdfast_complete)'
`,
};
