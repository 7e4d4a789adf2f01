// Tables: a header and rows, of which every cell is taken or left over.
import Papa from 'papaparse';
import { most, within } from './limits';
import { ImportError } from './types';

export type Table = { columns: string[]; rows: Row[] };

/** One row. n is the number that a spreadsheet shows, the header being 1. */
export class Row {
  private readonly taken = new Set<number>();

  constructor(
    readonly n: number,
    private readonly columns: readonly string[],
    private readonly keys: ReadonlyMap<string, number>,
    private readonly cells: readonly string[],
  ) {}

  /** The value of a column (by its lower-case name), '' if there is none. */
  take(name: string): string {
    const at = this.keys.get(name);
    if (at === undefined) return '';
    this.taken.add(at);
    return this.cells[at] ?? '';
  }

  has = (name: string): boolean => this.keys.has(name);

  /** What nobody took, by the columns' own names. */
  rest(): [string, string][] {
    const out: [string, string][] = [];
    for (let i = 0; i < this.cells.length; i++)
      if (!this.taken.has(i) && this.cells[i]!.trim()) out.push([this.columns[i] || `column ${i + 1}`, this.cells[i]!]);
    return out;
  }

  get empty(): boolean {
    return this.cells.every((c) => c.trim() === '');
  }
}

/** Reads a table with any of the usual separators. A quote that is never closed, or a last row cut
 * short, is malformed: half a file must not look like a whole one. */
export function readCsv(text: string): Table {
  const rows: { n: number; cells: string[] }[] = [];
  let line = 0;
  let bad: ImportError | undefined;
  Papa.parse<string[]>(text, {
    delimitersToGuess: [',', ';', '\t'],
    step: ({ data, errors }, parser) => {
      line++;
      if (data.length > 1 || data[0] !== '') rows.push({ n: line, cells: data });
      const quote = errors.find((e) => e.type === 'Quotes');
      if (quote) bad = new ImportError('malformed', `row ${line}: a quote that is not closed`);
      else if (rows.length > most.rows) bad = new ImportError('too-large', `more than ${most.rows} rows`);
      else if (data.length > most.columns)
        bad = new ImportError('too-large', `row ${line}: more than ${most.columns} columns`);
      else if (data.some((c) => c.length > most.value))
        bad = new ImportError('too-large', `row ${line}: a value of more than 1 MB`);
      if (bad) parser.abort();
    },
  });
  if (bad) throw bad;
  const header = rows.shift()?.cells ?? [];
  within(header.length, most.columns, 'columns');
  const last = rows[rows.length - 1];
  if (last && last.cells.length < header.length && !/[\r\n]\s*$/.test(text))
    throw new ImportError('malformed', `row ${last.n} ends early`);
  const columns = header.map((h) => h.trim());
  const keys = new Map<string, number>();
  columns.forEach((c, i) => {
    if (!keys.has(c.toLowerCase())) keys.set(c.toLowerCase(), i);
  });
  return { columns: [...keys.keys()], rows: rows.map(({ n, cells }) => new Row(n, columns, keys, cells)) };
}
