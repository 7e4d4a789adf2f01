/** What follows below in the address of the next page, '' on the last one. */
export function nextPage(r: Response, below: string): string {
  const link = /<([^>]*)>; rel="next"/.exec(r.headers.get('Link') ?? '')?.[1] ?? '';
  const at = link.indexOf(below);
  return at < 0 ? '' : link.slice(at + below.length);
}
