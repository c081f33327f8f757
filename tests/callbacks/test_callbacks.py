"""Hooks reach the callbacks that override them, in order, and nobody else is called."""

import pytest

from ckeras.callbacks import Callback, CallbackList, History, LambdaCallback, ProgbarLogger
from ckeras.utils import progbar

KINDS = [(what, when) for what in ("train", "test", "predict") for when in ("begin", "end")]
HOOKS = {  # hook -> what it gets before the logs
    **{f"on_{what}_{when}": () for what, when in KINDS},
    **{f"on_{what}_batch_{when}": (3,) for what, when in KINDS},
    "on_epoch_begin": (3,),
    "on_epoch_end": (3,),
}
BATCH_HOOKS = {hook for hook in HOOKS if "batch" in hook}


class Model:
    history = None


class Recorder(Callback):
    def __init__(self, calls, label="", hooks=HOOKS):
        super().__init__()
        for hook in hooks:
            setattr(self, hook, lambda *args, hook=hook, **kwargs: calls.append((label + hook, *args)))


def call(callbacks, hook, logs):
    getattr(callbacks, hook)(*HOOKS[hook], logs)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_reaches_the_callbacks_in_order(hook):
    calls = []
    callbacks = CallbackList([Recorder(calls, "a:"), Callback(), Recorder(calls, "b:")])
    logs = {"loss": 1.0}
    call(callbacks, hook, logs)
    args = (*HOOKS[hook], logs)
    assert calls == [("a:" + hook, *args), ("b:" + hook, *args)]
    assert calls[0][-1] is logs


@pytest.mark.parametrize("hook", HOOKS)
def test_without_logs_a_hook_gets_an_empty_dict(hook):
    calls = []
    call(CallbackList([Recorder(calls)]), hook, None)
    assert calls[0][-1] == {}


@pytest.mark.parametrize("hook", HOOKS)
def test_the_base_does_nothing(hook):
    call(Callback(), hook, {"loss": 1.0})
    call(CallbackList([Callback()]), hook, {"loss": 1.0})


def test_no_batch_hooks_without_overrides():
    class Epochs(Callback):
        def on_epoch_end(self, epoch, logs=None):
            pass

    callbacks = CallbackList([Epochs(), LambdaCallback(on_train_end=print)], add_history=True, add_progbar=True)
    assert callbacks.batch_hooks == frozenset()


@pytest.mark.parametrize("hook", sorted(BATCH_HOOKS))
def test_batch_hooks_of_a_class(hook):
    subclass = type("Subclass", (type("Middle", (Callback,), {hook: lambda self, batch, logs=None: None}),), {})
    assert CallbackList([Callback(), subclass()]).batch_hooks == {hook}


@pytest.mark.parametrize("when", ["begin", "end"])
def test_the_older_batch_hooks_count(when):
    calls = []
    older = type("Older", (Callback,), {f"on_batch_{when}": lambda self, batch, logs=None: calls.append(batch)})
    callbacks = CallbackList([older()])
    assert callbacks.batch_hooks == {f"on_train_batch_{when}"}
    getattr(callbacks, f"on_train_batch_{when}")(5)
    getattr(callbacks, f"on_batch_{when}")(6)
    assert calls == [5, 6]


def test_batch_hooks_of_an_instance():
    assert CallbackList([LambdaCallback(on_train_batch_end=print)]).batch_hooks == {"on_train_batch_end"}
    assert CallbackList([LambdaCallback(on_batch_begin=print)]).batch_hooks == {"on_train_batch_begin"}


def test_hooks_set_later_are_found_when_training_begins():
    callback, calls = Callback(), []
    callbacks = CallbackList([callback])
    callback.on_train_batch_end = lambda batch, logs: calls.append(batch)
    callbacks.on_train_begin()
    assert callbacks.batch_hooks == {"on_train_batch_end"}
    callbacks.on_train_batch_end(1)
    assert calls == [1]


def test_append_hands_over_model_and_params():
    model, late = Model(), LambdaCallback(on_predict_batch_end=print)
    callbacks = CallbackList(model=model, epochs=2)
    callbacks.append(late)
    assert callbacks.callbacks == [late]
    assert late.model is model and late.params == {"epochs": 2}
    assert callbacks.batch_hooks == {"on_predict_batch_end"}


def test_progress_is_the_progbar_logger_and_no_batch_hook():
    callbacks = CallbackList(add_progbar=True, epochs=1, steps=4, verbose=1)
    assert type(callbacks.progress) is ProgbarLogger
    assert callbacks.progress.live
    assert callbacks.batch_hooks == frozenset()
    assert CallbackList().progress is None
    assert not CallbackList(add_progbar=True, verbose=2).progress.live


def test_a_progbar_logger_that_overrides_a_batch_hook_counts():
    class Own(ProgbarLogger):
        def on_test_batch_end(self, batch, logs=None):
            pass

    callbacks = CallbackList([Own()], add_progbar=True)
    assert callbacks.batch_hooks == {"on_test_batch_end"}
    assert len(callbacks.callbacks) == 1 and type(callbacks.progress) is Own


def test_the_progbar_logger_may_skip_batches(capsys, monkeypatch):
    monkeypatch.setattr(progbar, "_is_terminal", lambda stream: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    callbacks = CallbackList(add_progbar=True, epochs=1, steps=1000, verbose=1)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.progress.on_train_batch_end(399, {"loss": 2.0})
    callbacks.on_epoch_end(0, {"loss": 1.0})
    out = capsys.readouterr().out
    assert " 400/1000" in out and "loss: 2.0000" in out
    assert out.endswith("loss: 1.0000\n") and "1000/1000" in out


def test_the_user_comes_first_then_history_then_the_bar():
    user = Callback()
    callbacks = CallbackList([user], add_history=True, add_progbar=True)
    assert [type(callback) for callback in callbacks.callbacks] == [Callback, History, ProgbarLogger]
    assert callbacks.history is callbacks.callbacks[1]


def test_given_history_and_bar_are_used():
    history, bar = History(), ProgbarLogger()
    model = Model()
    callbacks = CallbackList([bar, history], add_history=True, add_progbar=True, model=model)
    assert callbacks.callbacks == [bar, history]
    assert callbacks.history is history and model.history is history and callbacks.progress is bar


def test_model_and_params_are_handed_over():
    model, callback = Model(), Callback()
    assert callback.model is None and callback.params is None
    callbacks = CallbackList([callback], model=model, epochs=3, steps=4, verbose=0)
    assert callbacks.model is model and callback.model is model
    assert callbacks.params == callback.params == {"epochs": 3, "steps": 4, "verbose": 0}
    callbacks.set_params({"epochs": 1})
    assert callback.params == {"epochs": 1}
    with pytest.raises(AttributeError):
        callback.model = model


def test_callbacks_may_be_nested():
    a, b, c, d = (Callback() for _ in range(4))
    assert CallbackList(a).callbacks == [a]
    assert CallbackList([a, [b, (c,)], None, {"y": d}]).callbacks == [a, b, c, d]
    assert CallbackList().callbacks == []


def test_what_looks_like_a_callback_is_one():
    class Duck:
        def set_model(self, model):
            self.model = model

        def set_params(self, params):
            pass

        def on_epoch_end(self, epoch, logs):
            self.seen = epoch

    duck = Duck()
    callbacks = CallbackList([duck], model=Model(), epochs=1)
    callbacks.on_train_begin()
    callbacks.on_epoch_end(7)
    assert duck.seen == 7 and callbacks.batch_hooks == frozenset()


@pytest.mark.parametrize("wrong", [3, object(), print])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(TypeError, match="callbacks expects instances of Callback, but got"):
        CallbackList([Callback(), wrong])
    callbacks = CallbackList()
    with pytest.raises(TypeError):
        callbacks.append(wrong)
    assert callbacks.callbacks == []


def test_a_name_stands_for_an_object():
    assert isinstance(CallbackList(["history"]).callbacks[0], History)
    callbacks = CallbackList()
    callbacks.append("History")
    assert isinstance(callbacks.callbacks[0], History)
    with pytest.raises(ValueError, match="Unknown callback 'histroy'; the nearest names are 'history'"):
        CallbackList(["histroy"])


def test_a_class_in_place_of_an_object_is_refused():
    with pytest.raises(TypeError, match=r"the class History itself \(write History\(\)\)"):
        CallbackList([History])


def test_history_keeps_every_epoch():
    model = Model()
    callbacks = CallbackList(add_history=True, model=model)
    callbacks.on_train_begin()
    callbacks.on_epoch_end(0, {"loss": 1.0})
    callbacks.on_epoch_end(1)
    callbacks.on_epoch_end(5, {"loss": 0.5, "val_loss": 2.0})
    history = model.history
    assert history.epoch == [0, 1, 5]
    assert history.history == {"loss": [1.0, 0.5], "val_loss": [2.0]}
    callbacks.on_train_begin()
    assert history.epoch == [] and history.history == {"loss": [1.0, 0.5], "val_loss": [2.0]}


def test_history_sees_what_earlier_callbacks_wrote():
    callbacks = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(lr=0.1))], add_history=True)
    callbacks.on_epoch_end(0, {"loss": 1.0})
    callbacks.on_epoch_end(1)
    assert callbacks.history.history == {"loss": [1.0], "lr": [0.1, 0.1]}


def test_lambda_callback_keeps_what_it_was_given():
    calls = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: calls.append(("begin", epoch)),
        on_epoch_end=lambda epoch, logs: calls.append(("end", epoch, logs)),
        on_train_begin=lambda logs: calls.append("train"),
        on_test_batch_end=lambda batch, logs: calls.append(("test", batch)),
        note="kept",
    )
    callbacks = CallbackList([callback])
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_epoch_end(0, {"loss": 1.0})
    callbacks.on_test_batch_end(2)
    callbacks.on_train_batch_end(0)
    assert calls == ["train", ("begin", 0), ("end", 0, {"loss": 1.0}), ("test", 2)]
    assert callback.note == "kept"
    assert callbacks.batch_hooks == {"on_test_batch_end"}


def test_validation_within_training_prints_no_bar_of_its_own(capsys):
    callbacks = CallbackList(add_progbar=True, epochs=1, steps=2, verbose=2)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_test_begin()
    callbacks.on_test_end({"loss": 9.0})
    assert capsys.readouterr().out == ""
    callbacks.on_epoch_end(0, {"loss": 1.0})
    callbacks.on_train_end()
    callbacks.on_test_begin()
    callbacks.on_test_end({"loss": 9.0})
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" - ")[2] for line in lines] == ["loss: 1.0000", "loss: 9.0000"]
