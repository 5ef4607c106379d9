/** Tags that a task asks for and a node does not have; none: the node may run it. */
export function missingTags(runsOn: readonly string[], tags: readonly string[]): readonly string[] {
  const here = new Set(tags);
  return runsOn.filter((tag) => !here.has(tag));
}

/** `the tag gpu`, `the tags gpu, eu`. */
export function tagWords(tags: readonly string[]): string {
  return `the ${tags.length === 1 ? "tag" : "tags"} ${tags.join(", ")}`;
}
