// Short messages that go away by themselves.

export type Toast = {
  id: number;
  text: string;
  kind: 'success' | 'warning' | 'danger';
  clip: boolean;
  action?: { label: string; run: () => void };
};

let list = $state<Toast[]>([]);
let seq = 0;

export const toasts = (): Toast[] => list;

/** Shows a message. clip shows the clipboard's countdown in it; an action keeps it longer. */
export function toast(text: string, kind: Toast['kind'] = 'success', clip = false, action?: Toast['action']): void {
  const id = ++seq;
  list = [...list.filter((t) => !(clip && t.clip)), { id, text, kind, clip, ...(action ? { action } : {}) }].slice(-3);
  setTimeout(() => dismiss(id), action ? 10_000 : kind === 'danger' ? 8_000 : 4_000);
}

/** Nothing of a vault stays on a page that locked. */
export function dismissAll(): void {
  list = [];
}

export function dismiss(id: number): void {
  list = list.filter((t) => t.id !== id);
}
