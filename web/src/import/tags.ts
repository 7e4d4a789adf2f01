// Tags, where a vault here has folders: an item can be in but one.

/** The first tag is the folder; all of them are kept as a field when there are more. */
export function splitTags(tags: string | string[]): [folder: string, rest: string] {
  const all = (typeof tags === 'string' ? tags.split(/[;,]/) : tags).map((t) => t.trim()).filter(Boolean);
  return [all[0] ?? '', all.length > 1 ? all.join(', ') : ''];
}
