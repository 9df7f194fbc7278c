/** What each shell evaluates: it asks `complete` with the line up to the cursor. */
export const completionScripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = {
  bash: `_nomad_rdma() {
  local found
  found="$("$1" complete "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)"
  COMPREPLY=($(compgen -W "$found" -- "$2"))
}
complete -o default -F _nomad_rdma nomad-rdma`,
  zsh: `_nomad_rdma() {
  local -a found
  found=(\${(f)"$("$words[1]" complete "\${(j: :)words[1,CURRENT]}" 2>/dev/null)"})
  (( $#found )) && compadd -a found || _files
}
compdef _nomad_rdma nomad-rdma`,
  fish: "complete -c nomad-rdma -a '(nomad-rdma complete (commandline -cp | string collect) 2>/dev/null)'",
};
