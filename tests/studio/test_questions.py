"""What the studio asks its worker; a stub answers."""

import time

from underpaint.engines.local import Engine
from underpaint.studio.app import Studio
from underpaint.studio.questions import Embedding, Questions, Suited, Tokens


class Told(Engine):
    """An engine whose worker's answers are known beforehand."""

    def ask(self, question: str, *_: object, **__: object) -> object:
        return {
            "embeddings": {"hands": {"sizes": [[4, 768]], "remarks": {}, "fits": True}},
            "remarks": {"soft": {"ss_steps": "10"}},
            "memory": {"free": 1},
            "models": {"soft": {"family": "sd1", "suits": {"steps": 4}}},
        }[question]


def test_prompts_are_counted(studio: Studio) -> None:
    assert studio.worker.tokens("a red fox", "", "mini") == Tokens(75, (3,), (0,))


def test_answers_take_their_shape() -> None:
    asked = Questions(Told())
    assert asked.embeddings("mini") == {"hands": Embedding(((4, 768),), {}, fits=True)}
    assert asked.remarks("loras") == {"soft": {"ss_steps": "10"}}
    assert asked.memory() == {"free": 1}


def test_models_are_told_once_the_worker_is_ready() -> None:
    told = Told(inside="stub")
    assert Questions(told).models() == {}
    told.start()
    while not told.ready:
        time.sleep(0.05)
    assert Questions(told).models() == {"soft": Suited("sd1", {"steps": 4})}
    told.stop()


def test_models_are_let_go_and_loaded_in_turn(studio: Studio) -> None:
    studio.worker.unload()
    studio.worker.load("mini")
