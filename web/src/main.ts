import './styles/app.scss';
import { mount } from 'svelte';
import App from './App.svelte';
import { desktop, stayHome } from './lib/desktop';
import { loadLanguage, t } from './lib/i18n.svelte';
import { applyTheme } from './lib/prefs.svelte';
import { toast } from './lib/toast.svelte';
import { scriptUrl } from './lib/trusted';

// Links in letters come as /redirect-connector.html#finish-signup?...: the same page, without the slash.
// The router has read the address by now, so it is loaded again.
if (/^#[a-z]/.test(location.hash)) location.replace('/#/' + location.hash.slice(1));
else {
  applyTheme();
  if (desktop) stayHome(() => toast(t('open.failed'), 'danger'));
  void loadLanguage().finally(() => mount(App, { target: document.getElementById('app')! }));
}

// The page itself without a network: its files are kept, nothing of a vault is.
if (import.meta.env.PROD && 'serviceWorker' in navigator && isSecureContext)
  addEventListener('load', () => void navigator.serviceWorker.register(scriptUrl('/sw.js')).catch(() => undefined));
