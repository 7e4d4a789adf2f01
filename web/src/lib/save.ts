// Gives a person a file.

/** Lets the browser keep bytes or a text under a name; nothing is shown in the page, whatever the type. */
export function saveFile(name: string, data: Uint8Array | string): void {
  const url = URL.createObjectURL(new Blob([data as BlobPart], { type: 'application/octet-stream' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name.replace(/[/\\]/g, '_');
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
