/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The approvers' page.  All that it shows comes from the approval API and is
 * hostile: it becomes text nodes, never markup, and what cannot be seen in it,
 * or would change the order of what is seen, is written out.
 */

'use strict';

(() => {

const api = document.querySelector('meta[name=hoop-api]').content;

const REASON = 200;                    // characters
const POLL = 3000;                     // ms, where the server does not hold
const WAIT = 30;                       // s, where it does
const DIFF = 400;                      // lines of each side
const NUMBERED = 12;                   // lines from which they have numbers

const $ = (id) => document.getElementById(id);

let token = null;                      // of this page's memory only
let csrf = null;                       // of a session in a cookie
let login = null;                      // where such a session begins
let items = [];                        // of the list that is shown
let next = null;                       // its next page
let view = 'pending';
let etag = null;                       // of the pending list
let open = null;                       // id of what is shown
let shown = null;                      // and it itself
let shownTag = null;
let turn = 0;                          // whose answers are too late
let abort = null;


/* DOM */

function make(name, attributes, ...children) {
    const node = document.createElement(name);

    for (const [key, value] of Object.entries(attributes || {})) {
        if (value === false || value === null || value === undefined) {
            continue;
        }

        node.setAttribute(key, value === true ? '' : value);
    }

    node.append(...children.filter((child) => child !== null));
    return node;
}

/* controls, and what turns, joins or hides what is around it */

const INVISIBLE = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f'
    + '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f'
    + '\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f'
    + '\\ufeff\\uffa0\\ufff9-\\ufffb\\ud800-\\udfff]|[\\u{e0000}-\\u{e0fff}]',
    'gu');

function text(value) {
    const node = make('span', { class: 'text' });
    const string = String(value);
    let from = 0;

    for (const found of string.matchAll(INVISIBLE)) {
        const code = found[0].codePointAt(0).toString(16).toUpperCase();

        node.append(string.slice(from, found.index),
                    make('span', { class: 'ctl' },
                         'U+' + code.padStart(4, '0')));
        from = found.index + found[0].length;
    }

    node.append(string.slice(from));
    return node;
}

function say(message, bad) {
    const status = $('status');

    if (status.textContent !== message) {
        status.textContent = message;
    }

    status.classList.toggle('bad', Boolean(bad));
}


/* the API */

class Problem extends Error {
    constructor(status, detail) {
        super(detail);
        this.status = status;
    }
}

async function call(path, options = {}) {
    const headers = { Accept: 'application/json', ...options.headers };

    if (token !== null) {
        headers.Authorization = 'Bearer ' + token;
    }

    if (csrf !== null && options.method === 'POST') {
        headers['Hoop-Csrf'] = csrf;
    }

    const response = await fetch(api + path, {
        ...options, headers, cache: 'no-store', redirect: 'error',
        credentials: csrf !== null ? 'same-origin' : 'omit',
        referrerPolicy: 'no-referrer' });

    if (response.status === 304) {
        return { response, body: null };
    }

    let body = null;

    try {
        body = await response.json();
    } catch (error) {
        if (response.ok) {
            throw new Problem(0, 'the gateway\'s answer is not JSON');
        }
    }

    if (!response.ok) {
        throw new Problem(response.status, body && body.detail
            ? body.detail : 'the gateway answered ' + response.status);
    }

    return { response, body };
}


/* signing in and out */

const FAILED = {
    begin: 'The sign-in took too long, or began in another browser.',
    denied: 'You are not signed in: your organisation said no.',
    failed: 'The sign-in failed. The log of the gateway says why.',
    large: 'The sign-in failed: you are in more groups than a session holds.',
    unavailable: 'The sign-in is not available for now. Try again later.'
};

async function begin() {
    let session = null;

    const word = location.hash.startsWith('#login=')
                 ? FAILED[location.hash.slice(7)] || FAILED.failed : '';
    const place = sessionStorage.getItem('hoop-place');

    sessionStorage.removeItem('hoop-place');

    if (word || (place && !location.hash)) {
        window.history.replaceState(null, '', place || '#');
    }

    try {
        session = await fetch('session', { cache: 'no-store',
                                           credentials: 'same-origin' });
    } catch (error) {
        /* then there is none */
    }

    if (session && (session.status === 200 || session.status === 401)) {
        const body = await session.json().catch(() => ({}));

        if (typeof body.login === 'string'
            && new URL(body.login, location).origin === location.origin)
        {
            login = body.login;
        }

        if (session.status === 200 && typeof body.csrf === 'string') {
            csrf = body.csrf;
            return enter();
        }
    }

    leave(word, word !== '');
}

function leave(why, bad) {
    token = null;
    csrf = null;
    etag = null;
    items = [];
    open = null;
    shown = null;
    turn++;

    if (abort) {
        abort.abort();
    }

    $('work').hidden = true;
    $('nav').hidden = true;
    $('signin').hidden = false;
    $('signin-link-line').hidden = login === null;
    $('signin-form').hidden = login !== null;
    $('token').value = '';
    document.title = 'Approvals';

    if (login !== null) {
        $('signin-link').href = login;
        $('signin-link').focus();

    } else {
        $('token').focus();
    }

    say(why, bad);
}

function enter() {
    $('signin').hidden = true;
    $('work').hidden = false;
    $('nav').hidden = false;
    say('');
    route();
    watch();
}


/* the list: pending ones by themselves, history by pages */

async function watch() {
    const mine = ++turn;

    while (mine === turn) {
        abort = new AbortController();

        const headers = {};

        if (etag !== null) {
            headers['If-None-Match'] = etag;
            headers.Prefer = 'wait=' + WAIT;
        }

        try {
            const { response, body } = await call('approvals?state=pending',
                                          { headers, signal: abort.signal });
            if (mine !== turn) {
                return;
            }

            if (body) {
                etag = response.headers.get('ETag');
                pending(body.approvals);
            }

            if ($('status').classList.contains('lost')) {
                $('status').classList.remove('lost');
                say('Connected again.');
            }

            if (etag === null
                || (!body && !response.headers.get('Preference-Applied')))
            {
                await sleep(POLL);
            }

        } catch (error) {
            if (mine !== turn || error.name === 'AbortError') {
                return;
            }

            if (error.status === 401) {
                return refused(error);
            }

            $('status').classList.add('lost');
            say('The list may be old: ' + error.message + '.', true);
            await sleep(POLL);
        }
    }
}

function sleep(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}

let waiting = [];                      // all pending ones, whatever is shown

function pending(approvals) {
    const before = new Set(waiting.map((a) => a.id));
    const fresh = approvals.filter((a) => !before.has(a.id)).length;

    waiting = approvals;

    $('count').textContent = approvals.length;
    document.title = (approvals.length ? '(' + approvals.length + ') ' : '')
                     + 'Approvals';

    if (fresh && before.size) {
        say(fresh === 1 ? 'One more waits.' : fresh + ' more wait.');
    }

    if (view === 'pending') {
        items = approvals;
        next = null;
        list();
    }

    if (open !== null) {
        detail(open, true);
    }
}

async function history(more) {
    try {
        const { body } = await call('approvals?state=all&limit=50'
            + (more ? '&after=' + encodeURIComponent(next) : ''));

        if (view !== 'history') {
            return;
        }

        items = more ? items.concat(body.approvals) : body.approvals;
        next = body.next || null;
        list();

    } catch (error) {
        failed(error);
    }
}

function what(a) {
    return a.kind === 'plan' ? 'Plan: ' + a.reason
                             : a.method + ' ' + a.uri;
}

function behalf(requester) {
    const chain = [];

    for (let who = requester; who && chain.length < 32; who = who.act) {
        chain.push(who);
    }

    return chain;
}

/* nodes are kept, so that neither focus nor scroll is lost */

function list() {
    const old = new Map();

    for (const node of $('items').children) {
        old.set(node.dataset.id, node);
    }

    $('list-title').textContent = view === 'history' ? 'History' : 'Pending';
    $('empty').hidden = items.length !== 0;
    $('empty').textContent = view === 'history' ? 'There is none yet.'
                                                : 'Nobody waits for you.';
    $('more').hidden = next === null;

    let at = $('items').firstElementChild;

    for (const a of items) {
        const key = a.state + a.votes;
        let node = old.get(a.id);

        if (!node || node.dataset.key !== key) {
            const fresh = item(a, key);

            if (node) {
                const focus = node.contains(document.activeElement);

                node.replaceWith(fresh);

                if (at === node) {
                    at = fresh;
                }

                if (focus) {
                    fresh.firstElementChild.focus();
                }
            }

            node = fresh;
        }

        old.delete(a.id);

        if (node === at) {
            at = at.nextElementSibling;

        } else {
            $('items').insertBefore(node, at);
        }
    }

    for (const node of old.values()) {
        node.remove();
    }

    current();
}

function item(a, key) {
    const chain = behalf(a.requester);
    const actor = chain[chain.length - 1];

    const link = make('a', { href: '#' + a.id },
        make('span', { class: 'what' }, text(what(a))),
        make('span', { class: 'who' },
             text(chain.length > 1 ? actor.sub + ' for ' + a.requester.sub
                                   : a.requester.sub),
             ' at ', text(a.target)),
        make('span', { class: 'why' },
             view === 'history' || a.state !== 'pending'
             ? make('span', { class: 'badge ' + a.state }, a.state) : text(a.rule),
             ' · ', a.state === 'pending'
             ? make('span', { 'data-until': a.expires }) : when(a.changed)));

    return make('li', { 'data-id': a.id, 'data-key': key }, link);
}

function current() {
    for (const link of $('items').querySelectorAll('a')) {
        if (link.hash.slice(1) === open) {
            link.setAttribute('aria-current', 'true');
        } else {
            link.removeAttribute('aria-current');
        }
    }

    tick();
}


/* one of them */

async function detail(id, quiet) {
    const headers = {};

    if (quiet && shown && shown.id === id && shownTag) {
        headers['If-None-Match'] = shownTag;
    }

    try {
        const { response, body } = await call('approvals/' + id, { headers });

        if (open !== id || !body) {
            return;
        }

        const same = shown && shown.id === id;

        shown = body;
        shownTag = response.headers.get('ETag');
        show(body, same);

    } catch (error) {
        if (open !== id) {
            return;
        }

        if (!quiet) {
            failed(error);
        }
    }
}

function fact(facts, name, ...value) {
    facts.append(make('dt', {}, name), make('dd', {}, ...value));
}

function when(seconds) {
    const date = new Date(seconds * 1000);

    return make('time', { datetime: date.toISOString() },
                date.toLocaleString());
}

function seconds(n) {
    return n % 3600 === 0 ? n / 3600 + ' h' : n % 60 === 0 ? n / 60 + ' min'
                                                           : n + ' s';
}

function scope(a) {
    const s = a.scope || { type: 'once' };

    if (a.kind === 'plan') {
        return 'each step once, within ' + seconds(s.seconds || 0)
               + ' from your approval';
    }

    switch (s.type) {
    case 'time':
        return 'this exact request, any number of times, for '
               + seconds(s.seconds) + ' from your approval';
    case 'run':
        return 'everything that this rule asks about in this run'
               + (s.seconds ? ', for ' + seconds(s.seconds)
                              + ' from your approval' : '');
    default:
        return 'this request, once';
    }
}

function show(a, same) {
    const facts = make('dl', { class: 'facts' });
    const chain = behalf(a.requester);
    const nodes = [];

    $('detail').hidden = false;
    $('work').classList.add('open');
    $('detail-title').replaceChildren(text(what(a)));

    fact(facts, 'State', make('span', { class: 'badge ' + a.state }, a.state),
         ' ', a.state === 'pending'
         ? make('span', { 'data-until': a.expires }) : when(a.changed));

    chain.slice().reverse().forEach((who, i) => {
        const iss = who.iss || a.requester.iss;

        nodes.push(i ? ' on behalf of ' : '', make('strong', {}, text(who.sub)),
                   ' ', make('span', { class: 'quiet' }, '(', text(iss), ')'));
    });

    fact(facts, 'Who', ...nodes);
    fact(facts, 'Target', text(a.target));
    fact(facts, 'Why it asks', text(a.reason || 'no reason is given'), ' ',
         make('span', { class: 'quiet' }, '(rule ', text(a.rule), ')'));
    fact(facts, 'Lets through', make('strong', {}, scope(a)));

    if (a.run) {
        fact(facts, 'Run', text(a.run));
    }

    fact(facts, 'Votes', a.votes + ' of ' + a.needed + ' needed',
         a.approvers && a.approvers.length ? ', by members of ' : ', by anybody '
         + 'but the requester', text((a.approvers || []).join(', ')));

    if (a.uses) {
        fact(facts, 'Used', a.uses + (a.uses === 1 ? ' time' : ' times'));
    }

    fact(facts, 'Asked', when(a.created));
    fact(facts, 'Id', make('code', {}, a.id));

    $('facts').replaceChildren(facts, ...(a.plan ? steps(a.plan) : body(a)),
                               ...votes(a));

    const pending = a.state === 'pending';

    $('vote').hidden = !pending;
    $('reason-needed').textContent = a.reason_required ? '(required)'
                                                       : '(optional)';
    $('reason').required = Boolean(a.reason_required);
    $('decided').replaceChildren();

    if (!pending && a.by) {
        $('decided').replaceChildren('Last vote by ', text(a.by),
            a.comment ? ': ' : '', text(a.comment || ''));
    }

    if (!same) {
        $('reason').value = '';
        left();
        $('detail-title').focus();
    }

    $('past').replaceChildren(...past(a));
    current();
}

function lines(string) {
    return string.split('\n');
}

function pretty(string) {
    try {
        return JSON.stringify(JSON.parse(string), null, 2);
    } catch (error) {
        return string;
    }
}

function block(rows, label) {
    const pre = make('pre', { tabindex: '0', role: 'region',
                              'aria-label': label,
                              class: rows.length >= NUMBERED ? 'numbered'
                                                             : null });

    for (const [kind, row] of rows) {
        const line = make('span', { class: 'line ' + kind });

        if (kind) {
            line.append(make('span', {}, kind === 'add' ? '+ ' : '- '));
        }

        line.append(text(row));
        pre.append(line);
    }

    return pre;
}

function body(a) {
    const nodes = [];

    if (a.summary) {
        nodes.push(make('h3', {}, 'Body, masked'),
                   block(lines(pretty(a.summary)).map((row) => ['', row]),
                         'Body'));
    }

    if (a.similar) {
        const before = a.similar.uri + '\n' + pretty(a.similar.summary || '');
        const now = a.uri + '\n' + pretty(a.summary || '');
        const rows = diff(lines(before), lines(now));

        nodes.push(make('h3', {}, 'Against the last approved like it'),
                   make('p', { class: 'quiet' },
                        make('a', { href: '#' + a.similar.id },
                             when(a.similar.changed)), ', by ',
                        text(a.similar.by)));

        if (rows === null) {
            nodes.push(make('p', {}, 'Too long to compare.'));

        } else if (rows.every(([kind]) => !kind)) {
            nodes.push(make('p', {}, 'The same address and body.'));

        } else {
            nodes.push(block(rows, 'Differences'));
        }
    }

    return nodes;
}

/* the longest common lines; what has gone stands before what has come */

function diff(a, b) {
    if (a.length > DIFF || b.length > DIFF) {
        return null;
    }

    const n = a.length;
    const m = b.length;
    const best = Array.from({ length: n + 1 }, () => new Uint16Array(m + 1));

    for (let i = n - 1; i >= 0; i--) {
        for (let k = m - 1; k >= 0; k--) {
            best[i][k] = a[i] === b[k] ? best[i + 1][k + 1] + 1
                         : Math.max(best[i + 1][k], best[i][k + 1]);
        }
    }

    const rows = [];
    let i = 0;
    let k = 0;

    while (i < n || k < m) {
        if (i < n && k < m && a[i] === b[k]) {
            rows.push(['', a[i]]);
            i++;
            k++;

        } else if (i < n && (k === m || best[i + 1][k] >= best[i][k + 1])) {
            rows.push(['del', a[i++]]);

        } else {
            rows.push(['add', b[k++]]);
        }
    }

    return rows;
}

function steps(plan) {
    const rows = plan.steps.map((step) => {
        const conditions = {};

        for (const key of ['query', 'body', 'form', 'sql', 'graphql',
                           'arguments'])
        {
            if (step[key] !== undefined) {
                conditions[key] = step[key];
            }
        }

        return make('tr', {},
            make('td', {}, String(step.n)),
            make('td', {}, text(step.purpose)),
            make('td', { class: 'mono' },
                 text(step.tool ? 'tool ' + step.tool
                                : step.method + ' ' + step.path)),
            make('td', { class: 'mono' },
                 text(Object.keys(conditions).length
                      ? JSON.stringify(conditions, null, 1) : 'any')),
            make('td', {}, make('span', { class: 'badge ' + step.state },
                                step.state)));
    });

    return [
        make('h3', {}, 'Steps'),
        make('p', {}, plan.order === 'any' ? 'In any order. '
                                           : 'In this order. ',
             plan.deviation === 'review'
             ? 'Anything else in this run is asked about.'
             : 'Anything else in this run is refused.',
             plan.executor ? ' Executed by ' : '',
             plan.executor ? text(plan.executor.sub) : ''),
        make('div', { class: 'scroll', tabindex: '0', role: 'region',
                      'aria-label': 'Steps of the plan' },
             make('table', {},
                  make('thead', {}, make('tr', {},
                       ...['Step', 'Purpose', 'Request', 'Conditions', 'State']
                          .map((name) => make('th', { scope: 'col' }, name)))),
                  make('tbody', {}, ...rows)))
    ];
}

function votes(a) {
    if (!a.voters || a.voters.length === 0) {
        return [];
    }

    return [
        make('h3', {}, 'Votes'),
        make('ul', {}, ...a.voters.map((v) => make('li', {},
             make('strong', {}, text(v.by)), ' ', text(v.vote), ' ',
             when(v.time), v.comment ? ': ' : '', text(v.comment))))
    ];
}

function past(a) {
    if (!a.history || a.history.length === 0) {
        return [];
    }

    return [
        make('h3', {}, 'Asked by the same before'),
        make('ul', {}, ...a.history.map((h) => make('li', {},
             make('span', { class: 'badge ' + h.state }, h.state), ' ',
             make('a', { href: '#' + h.id }, text(what({ ...h,
                  reason: h.rule }))), ' ', when(h.changed))))
    ];
}


/* deciding */

function left() {
    const n = REASON - Array.from($('reason').value).length;

    $('reason-left').textContent = n < 0 ? -n + ' characters too many'
                                         : n + ' characters left';
    $('reason-left').classList.toggle('over', n < 0);

    return n;
}

function decide(verb) {
    const reason = $('reason').value.trim();

    if (!shown || shown.state !== 'pending') {
        return;
    }

    if (left() < 0) {
        say('The reason is too long.', true);
        return $('reason').focus();
    }

    if (shown.reason_required && reason === '') {
        say('This rule wants a reason.', true);
        return $('reason').focus();
    }

    const yes = $('confirm-yes');

    $('confirm-title').textContent = verb === 'approve' ? 'Approve this?'
                                                        : 'Deny this?';
    $('confirm-text').replaceChildren(text(what(shown)), ', ',
        text(behalf(shown.requester).map((who) => who.sub).reverse()
             .join(' on behalf of ')), '. ',
        verb === 'approve' ? 'Lets through ' + scope(shown) + '.' : '');
    $('confirm-reason').replaceChildren(reason ? text('“' + reason + '”') : '');
    yes.textContent = verb === 'approve' ? 'Approve' : 'Deny';
    yes.className = verb;

    const id = shown.id;
    const dialog = $('confirm');

    dialog.returnValue = '';
    dialog.onclose = () => {
        if (dialog.returnValue === 'yes') {
            vote(id, verb, reason);
        }
    };
    dialog.showModal();
    yes.focus();
}

async function vote(id, verb, reason) {
    const buttons = [$('approve'), $('deny')];

    buttons.forEach((button) => { button.disabled = true; });
    say(verb === 'approve' ? 'Approving…' : 'Denying…');

    try {
        const { body } = await call('approvals/' + id + '/' + verb, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(reason ? { reason } : {}) });

        say(body.state === 'pending'
            ? 'Your vote is counted; more are needed.'
            : 'It is ' + body.state + '.');

    } catch (error) {
        failed(error);

    } finally {
        buttons.forEach((button) => { button.disabled = false; });

        if (open === id) {
            detail(id, true);
        }
    }
}

function refused(error) {
    leave((csrf === null ? 'Your token is not accepted: '
                         : 'Your session is not accepted: ')
          + error.message + '.', true);
}

function failed(error) {
    if (error.status === 401) {
        return refused(error);
    }

    say('It did not work: ' + error.message + '.', true);
}


/* where we are: "#pending", "#history", "#<id>" */

function route() {
    const place = location.hash.slice(1);

    if ($('work').hidden) {
        return;
    }

    if (/^[0-9a-f]{32}$/.test(place)) {
        open = place;
        shown = shown && shown.id === place ? shown : null;
        detail(place);

    } else {
        open = null;
        shown = null;
        $('detail').hidden = true;
        $('work').classList.remove('open');

        if (place === 'history' || place === 'pending' || place === '') {
            view = place === 'history' ? 'history' : 'pending';
        }

        if (view === 'history') {
            items = [];
            next = null;
            history(false);

        } else {
            items = waiting;
            next = null;
        }

        list();
    }

    for (const name of ['pending', 'history']) {
        if (view === name) {
            $('nav-' + name).setAttribute('aria-current', 'page');
        } else {
            $('nav-' + name).removeAttribute('aria-current');
        }
    }

    $('back').href = '#' + view;
    current();
}

function tick() {
    const now = Date.now() / 1000;

    for (const node of document.querySelectorAll('[data-until]')) {
        const n = Math.max(0, Math.round(Number(node.dataset.until) - now));

        node.textContent = n === 0 ? 'its time is over'
                           : n >= 3600 ? Math.floor(n / 3600) + ' h '
                             + Math.floor(n % 3600 / 60) + ' min left'
                           : n >= 60 ? Math.floor(n / 60) + ' min '
                             + n % 60 + ' s left'
                           : n + ' s left';
    }
}

function move(by) {
    const links = [...$('items').querySelectorAll('a')];

    if (links.length === 0) {
        return;
    }

    const at = links.findIndex((link) => link === document.activeElement
                                         || link.hash.slice(1) === open);
    const to = at < 0 ? (by > 0 ? 0 : links.length - 1)
                      : Math.min(links.length - 1, Math.max(0, at + by));

    links[to].focus();

    if (open !== null) {
        location.hash = links[to].hash;
    }
}

document.addEventListener('keydown', (event) => {
    const target = event.target;

    if (event.ctrlKey || event.metaKey || event.altKey || $('work').hidden
        || $('confirm').open || $('keys').open)
    {
        return;
    }

    if (target.matches('textarea, input')) {
        if (event.key === 'Escape') {
            $('detail-title').focus();
            event.preventDefault();
        }

        return;
    }

    switch (event.key) {
    case 'j':
        move(1);
        break;

    case 'k':
        move(-1);
        break;

    case 'a':
    case 'd':
        if ($('vote').hidden || $('detail').hidden) {
            return;
        }

        if (document.activeElement === $('reason')) {
            return;
        }

        $('reason').focus();
        say(event.key === 'a' ? 'Reason, then Tab to Approve.'
                              : 'Reason, then Tab to Deny.');
        break;

    case 'Escape':
        if (open === null) {
            return;
        }

        location.hash = '#' + view;
        break;

    case '?':
        $('keys').showModal();
        break;

    default:
        return;
    }

    event.preventDefault();
});

$('signin-form').addEventListener('submit', (event) => {
    event.preventDefault();
    token = $('token').value.trim().replace(/^Bearer\s+/i, '');

    if (!/^[-A-Za-z0-9._~+/]+=*$/.test(token)) {
        token = null;
        say('That is not a bearer token.', true);
        return;
    }

    $('token').value = '';
    enter();
});

/* back to where a link has led, and not only to the list */

$('signin-link').addEventListener('click', () => {
    if (location.hash.length > 1) {
        sessionStorage.setItem('hoop-place', location.hash);
    }
});

$('sign-out').addEventListener('click', async () => {
    if (csrf !== null) {
        try {
            await fetch('logout', { method: 'POST', credentials: 'same-origin',
                                    headers: { 'Hoop-Csrf': csrf } });
        } catch (error) {
            /* the session is over when its time is */
        }
    }

    leave('You are signed out.');
});

$('keys-open').addEventListener('click', () => $('keys').showModal());
$('more').addEventListener('click', () => history(true));
$('reason').addEventListener('input', left);
$('approve').addEventListener('click', () => decide('approve'));
$('deny').addEventListener('click', () => decide('deny'));
$('vote').addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', route);
setInterval(tick, 1000);

begin();

})();
