import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/davit.css';
import './styles/app.css';
import './styles/narrow.css';
import App from './App.svelte';
import { ipc } from './ipc';

mount(App, { target: document.body, props: { ipc } });
