"""Sentences from patterns for the sentiment adapter: who or what, and a good or bad word, said
plainly, strengthened, negated or contrasted. They teach what negation does to any word, for
training only.
"""

THINGS = """food film book hotel room service staff driver teacher course app game phone car train
flight concert band album show museum park beach weather coffee soup pizza bread cake wine breakfast
dinner shop delivery website update battery screen camera jacket dress shoes bed sofa kitchen garden
house flat street city village doctor nurse hospital clinic treatment bank lawyer insurance support
reply advice job boss team meeting plan idea speech match player coach gym school class lesson exam
trip holiday tour guide boat museum view story plot ending acting music singer sound picture design
quality price colour smell taste machine printer laptop keyboard tool paint repair work result news
decision election law neighbour party wedding gift dog visit evening day week month year""".split()

PLURAL = {"shoes", "staff"}

BAD = """bad terrible awful horrible dreadful poor disappointing boring dull rude unfriendly dirty
unsafe useless broken ugly cold unreliable annoying unfair cruel stupid sloppy clumsy shoddy
overpriced depressing disgusting nasty frustrating confusing painful exhausting stressful dangerous
pathetic careless dishonest miserable lousy unpleasant unbearable worrying sad tiresome mediocre
inedible embarrassing hopeless appalling ridiculous noisy chaotic tedious pointless unhelpful
shocking upsetting grim""".split()

GOOD = """good great excellent wonderful fantastic lovely superb brilliant amazing delightful
beautiful charming friendly kind helpful clean safe reliable useful fair clever careful comfortable
relaxing exciting fun fascinating delicious pleasant cheerful impressive perfect outstanding
affordable generous honest patient warm fresh calm inspiring memorable satisfying terrific marvellous
elegant funny moving smooth enjoyable remarkable splendid thoughtful flawless touching gorgeous
magnificent reassuring tasteful""".split()

# {n}: the thing, {is}: is or are, {a}: a word; what is said is the word's side, or its opposite
SAME = """The {n} {is} {a}.|The {n} {was} {a}.|The {n} {was} really {a}.|The {n} {was} so {a}!
|What a {a} {n}!|I found the {n} {a}.|I think the {n} {is} {a}.|The {n} {is} more than {a}: {b}.
|Everyone says that the {n} {is} {a}, and they're right.|The {n} {was} {a}, just as I had thought.
|The {n} {was} {a} and {b}.|{a}, {b}, {c}.|The {n} {is} {a} and also {b}.|The {n} {is} always {a}.
|Such a {a} {n}.|We thought the {n} {was} {a}.|{a} {n}, {b} {m}.|The {n} {was} {x}, but now it's {a}.
|My {n} {is} {a}.|Our {n} {was} {a} and the {m} {b}.|The {n} couldn't be more {a}.|never {x}, always {a}
|I expected the {n} to be {x}, but it {was} {a}.|They told me that the {n} {is} {x}. In fact it's {a}.
|The {n} {was} {x} at first, but in the end {a}.|The {n} isn't {x} at all, but {a}.|I've never had a more {a} {n}.
|Not {x}, but {a}.|The {n} {was} anything but {x}.|Simply {a}.|{a} from start to finish.|Very {a} {n}.
|The {n} may look {x}, but it's {a}.|Some call the {n} {x}. I call it {a}.|quite {a}, the {n}
|The {n} {was} {a} beyond words.|The {n} got {a} in the end.|How {a}!|It {was} {a}.|They were {a}.""".replace("\n", "").split("|")

OPPOSITE = """The {n} {is} not {a}.|The {n} {was}n't {a}.|The {n} {was} not {a} at all.|The {n} {is}n't {a} or {b}.
|I don't think the {n} {is} {a}.|I didn't find the {n} {a}.|I wouldn't call the {n} {a}.|The {n} {was} far from {a}.
|The {n} {was} by no means {a}.|The {n} {was} never {a}.|not {a}|not {a} at all|Neither {a} nor {b}.
|The {n} {was} neither {a} nor {b}.|The {n} {is} hardly {a}.|Nobody would call the {n} {a}.|It's not {a}, not even a little.
|There's nothing {a} about the {n}.|I can't say that the {n} {was} {a}.|The {n} {is} anything but {a}.
|The {n} {was} less {a} than I had thought.|No one here finds the {n} {a}.|It {was}n't {a}.|isn't {a}
|The {n} {is} no longer {a}.|They say that the {n} {is} {a}. It isn't.|Who says that the {n} {is} {a}? It's not.
|The {n} used to be {a}. Not any more.|It has never been {a}.|They weren't {a}.|The {n} {is} not as {a} as people say.""".replace("\n", "").split("|")


def texts(rng, count):
    """[(text, label)], as many of each label, and as many negated as not."""
    words = [BAD, GOOD]
    out = []
    for i in range(count):
        label, negated = i % 2, i // 2 % 2
        own, other = words[label != negated], words[label == negated]
        a, b, c = rng.sample(own, 3)
        n, m = rng.sample(THINGS, 2)
        plural = n in PLURAL
        pattern = rng.choice(OPPOSITE if negated else SAME)
        if plural and any(part in pattern for part in ["it", "It", " a {a}"]):
            n, plural = "trip", False
        text = pattern.format(n=n, m=m, a=a, b=b, c=c, x=rng.choice(other),
                              **{"is": "are" if plural else "is", "was": "were" if plural else "was"})
        text = text.replace(" a a", " an a").replace(" a e", " an e").replace(" a i", " an i")
        text = text.replace(" a o", " an o").replace(" a u", " an u").replace(" an use", " a use")
        out.append((text[0].upper() + text[1:] if rng.random() < 0.6 else text, label))
    return out
