// A browser starts no worker from a folder (file://). There the search runs in a hidden frame instead, which has the few
// things of a worker that it uses: messages both ways, and importScripts, here a promise.
if (location.protocol === "file:") {
  const PRELUDE = `
    self.importScripts = (...urls) => urls.reduce((before, url) => before.then(() => new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = url;
      script.onload = done;
      script.onerror = failed;
      document.head.appendChild(script);
    })), Promise.resolve());
    self.postMessage = (data) => self.answer(data);
  `;

  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.title = "search";
      document.documentElement.appendChild(frame);
      this.inside = frame.contentWindow;
      this.inside.answer = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const prelude = this.inside.document.createElement("script");
      prelude.textContent = PRELUDE;
      this.inside.document.head.appendChild(prelude);
      this.ready = this.inside.importScripts(url);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {}
  };
  window.Worker = window.IFrameWorker;
}
