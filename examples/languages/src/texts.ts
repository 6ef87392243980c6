// A few sentences of everyday life in eight languages, and some more that are held back.

/** What a model of each language is counted from. */
export const training: Readonly<Record<string, string>> = {
  Dutch: `Elke ochtend fietst mijn zus naar het station, ook als het regent. Ze neemt de trein van half acht en leest onderweg de krant. Op haar werk drinkt ze eerst een
kop koffie met haar collega's, en daarna begint de dag pas echt. Mijn broer werkt liever thuis, want zijn kinderen zijn nog klein. 's Middags gaan zij samen naar het park, waar een grote
vijver is met eenden en zwanen. In de zomer huren wij een huisje aan zee. Wij zwemmen, bouwen kastelen van zand en eten elke avond vis. Mijn vader vertelt dan altijd dezelfde verhalen over
vroeger, toen er nog geen televisie was en de winters veel kouder waren dan nu. Niemand gelooft hem helemaal, maar iedereen luistert graag. Wie het laatst naar bed gaat, doet het licht uit en
sluit de deur goed af. Morgen wordt het mooi weer, zeggen ze, dus wij blijven nog een dag langer.
De oude leraar woont met zijn hond aan de rand van het dorp. Hij heeft geen auto, maar hij kent iedereen. Kunt u mij helpen? vraagt hij vaak, en dan
moet er een brief naar de post of een tak van de boom. Ik wil hem altijd graag helpen, want hij vertelt mij wat er vroeger in de kranten stond.`,
  English: `Every morning my sister rides her bicycle to the station, even when it rains. She takes the train at half past seven and reads the paper on the way. At work she first has a
cup of coffee with her colleagues, and only then does the day really begin. My brother would rather work at home, because his children are still small. In the afternoon they go to the park together,
where there is a large pond with ducks and swans. In summer we rent a small house by the sea. We swim, build castles out of sand and eat fish every evening. My father always tells the same stories about the old
days, when there was no television and the winters were much colder than they are now. Nobody quite believes him, but everyone likes to listen. Whoever goes to bed last turns out the light and locks the
door. Tomorrow the weather will be fine, they say, so we are going to stay for one more day.
The old teacher lives with his dog on the edge of the village. He has no car, but he knows everybody. Could you help me? he often asks, and then
there is a letter to be posted or a branch to be cut from the tree. I am always glad to help him, because he tells me what was in the papers when he was young.`,
  French: `Chaque matin, ma sœur va à la gare à vélo, même quand il pleut. Elle prend le train de sept heures et demie et lit le journal pendant le trajet. Au travail, elle boit d'abord un
café avec ses collègues, et ce n'est qu'après que la journée commence vraiment. Mon frère préfère travailler à la maison, parce que ses enfants sont encore petits. L'après-midi, ils vont ensemble au parc, où il y a
un grand étang avec des canards et des cygnes. En été, nous louons une petite maison au bord de la mer. Nous nageons, nous construisons des châteaux de sable et nous mangeons du poisson tous les soirs. Mon père
raconte toujours les mêmes histoires d'autrefois, quand il n'y avait pas de télévision et que les hivers étaient beaucoup plus froids qu'aujourd'hui. Personne ne le croit tout à fait, mais tout le monde aime
l'écouter. Celui qui se couche le dernier éteint la lumière et ferme bien la porte. Demain il fera beau, dit-on, alors nous restons un jour de plus.
Le vieux professeur habite avec son chien au bord du village. Il n'a pas de voiture, mais il connaît tout le monde. Pouvez-vous m'aider ? demande-t-il souvent, et
alors il y a une lettre à poster ou une branche de l'arbre à couper. Je veux toujours bien l'aider, parce qu'il me raconte ce qu'il y avait dans les journaux quand il était jeune.`,
  German: `Jeden Morgen fährt meine Schwester mit dem Fahrrad zum Bahnhof, auch wenn es regnet. Sie nimmt den Zug um halb acht und liest unterwegs die Zeitung. Bei der Arbeit trinkt sie zuerst eine
Tasse Kaffee mit ihren Kollegen, und erst danach beginnt der Tag richtig. Mein Bruder arbeitet lieber zu Hause, weil seine Kinder noch klein sind. Am Nachmittag gehen sie zusammen in den Park, wo es einen großen
Teich mit Enten und Schwänen gibt. Im Sommer mieten wir ein kleines Haus am Meer. Wir schwimmen, bauen Burgen aus Sand und essen jeden Abend Fisch. Mein Vater erzählt dann immer dieselben Geschichten von
früher, als es noch kein Fernsehen gab und die Winter viel kälter waren als heute. Niemand glaubt ihm ganz, aber alle hören gern zu. Wer zuletzt ins Bett geht, macht das Licht aus und schließt die
Tür gut ab. Morgen wird das Wetter schön, sagt man, also bleiben wir noch einen Tag länger.
Der alte Lehrer wohnt mit seinem Hund am Rand des Dorfes. Er hat kein Auto, aber er kennt alle. Können Sie mir helfen? fragt er oft, und dann
muss ein Brief zur Post gebracht oder ein Ast vom Baum geschnitten werden. Ich helfe ihm immer gern, weil er mir erzählt, was in der Zeitung stand, als er jung war.`,
  Italian: `Ogni mattina mia sorella va alla stazione in bicicletta, anche quando piove. Prende il treno delle sette e mezza e durante il viaggio legge il giornale. Al lavoro beve prima un
caffè con i suoi colleghi, e solo dopo la giornata comincia davvero. Mio fratello preferisce lavorare a casa, perché i suoi figli sono ancora piccoli. Nel pomeriggio vanno insieme al parco, dove c'è un grande
stagno con anatre e cigni. In estate prendiamo in affitto una casetta al mare. Nuotiamo, costruiamo castelli di sabbia e ogni sera mangiamo pesce. Mio padre racconta sempre le stesse storie di una
volta, quando non c'era la televisione e gli inverni erano molto più freddi di adesso. Nessuno gli crede del tutto, ma a tutti piace ascoltarlo. Chi va a letto per ultimo spegne la luce e chiude bene la
porta. Domani farà bel tempo, dicono, e così restiamo ancora un giorno.
Il vecchio maestro abita con il suo cane ai margini del paese. Non ha la macchina, ma conosce tutti. Mi può aiutare? chiede spesso, e allora
c'è una lettera da spedire o un ramo dell'albero da tagliare. Lo aiuto sempre volentieri, perché mi racconta che cosa c'era nei giornali quando era giovane.`,
  Portuguese: `Todas as manhãs a minha irmã vai de bicicleta para a estação, mesmo quando chove. Ela apanha o comboio das sete e meia e lê o jornal durante a viagem. No trabalho bebe primeiro um
café com os colegas, e só depois o dia começa a sério. O meu irmão prefere trabalhar em casa, porque os filhos dele ainda são pequenos. À tarde vão juntos ao parque, onde há um grande lago com patos e
cisnes. No verão alugamos uma casinha à beira do mar. Nadamos, fazemos castelos de areia e comemos peixe todas as noites. O meu pai conta sempre as mesmas histórias de antigamente, quando não havia
televisão e os invernos eram muito mais frios do que agora. Ninguém acredita nele completamente, mas toda a gente gosta de ouvir. Quem se deita por último apaga a luz e fecha bem a porta. Amanhã
vai estar bom tempo, dizem eles, por isso ficamos mais um dia.
O velho professor mora com o seu cão à beira da aldeia. Não tem carro, mas conhece toda a gente. Pode ajudar-me? pergunta muitas vezes, e então
há uma carta para pôr no correio ou um ramo da árvore para cortar. Gosto sempre de o ajudar, porque ele me conta o que vinha nos jornais quando era novo.`,
  Spanish: `Cada mañana mi hermana va a la estación en bicicleta, incluso cuando llueve. Toma el tren de las siete y media y lee el periódico durante el viaje. En el trabajo bebe primero un
café con sus compañeros, y solo después empieza el día de verdad. Mi hermano prefiere trabajar en casa, porque sus hijos todavía son pequeños. Por la tarde van juntos al parque, donde hay un gran
estanque con patos y cisnes. En verano alquilamos una casita junto al mar. Nadamos, hacemos castillos de arena y comemos pescado todas las noches. Mi padre cuenta siempre las mismas historias de
antes, cuando no había televisión y los inviernos eran mucho más fríos que ahora. Nadie le cree del todo, pero a todos les gusta escucharlo. El último que se acuesta apaga la luz y cierra bien la
puerta. Mañana hará buen tiempo, dicen, así que nos quedamos un día más.
El viejo maestro vive con su perro a las afueras del pueblo. No tiene coche, pero conoce a todo el mundo. ¿Puede ayudarme? pregunta a menudo, y entonces
hay que llevar una carta al correo o cortar una rama del árbol. Siempre lo ayudo con gusto, porque me cuenta lo que decían los periódicos cuando era joven.`,
  Swedish: `Varje morgon cyklar min syster till stationen, även när det regnar. Hon tar tåget klockan halv åtta och läser tidningen på vägen. På jobbet dricker hon först en
kopp kaffe med sina kollegor, och först därefter börjar dagen på riktigt. Min bror arbetar hellre hemma, eftersom hans barn fortfarande är små. På eftermiddagen går de tillsammans till parken, där det finns en stor
damm med änder och svanar. På sommaren hyr vi ett litet hus vid havet. Vi badar, bygger slott av sand och äter fisk varje kväll. Min pappa berättar alltid samma historier om förr
i tiden, när det inte fanns någon teve och vintrarna var mycket kallare än nu. Ingen tror honom helt och hållet, men alla tycker om att lyssna. Den som går och lägger sig sist släcker ljuset och låser
dörren ordentligt. I morgon blir det fint väder, säger de, så vi stannar en dag till.
Den gamla läraren bor med sin hund i utkanten av byn. Han har ingen bil, men han känner alla. Kan du hjälpa mig? frågar han ofta, och då
är det ett brev som ska till posten eller en gren som ska sågas av trädet. Jag hjälper honom alltid gärna, för han berättar för mig vad som stod i tidningen när han var ung.`,
};

/** Of other things than those above. */
export const held: Readonly<Record<string, readonly string[]>> = {
  Dutch: [
    'De bakker op de hoek verkoopt het lekkerste brood van de stad.',
    'Kunt u mij zeggen hoe laat de volgende bus vertrekt?',
    'Wij hebben gisteren een nieuwe tafel voor de keuken gekocht.',
    'Zij leert Spaans omdat zij volgend jaar een lange reis wil maken.',
  ],
  English: [
    'The baker on the corner sells the best bread in town.',
    'Could you tell me what time the next bus leaves?',
    'Yesterday we bought a new table for the kitchen.',
    'She is learning Spanish because she wants to travel next year.',
  ],
  French: [
    'Le boulanger du coin vend le meilleur pain de la ville.',
    'Pouvez-vous me dire à quelle heure part le prochain autobus ?',
    'Hier nous avons acheté une nouvelle table pour la cuisine.',
    "Elle apprend l'espagnol parce qu'elle veut voyager l'année prochaine.",
  ],
  German: [
    'Der Bäcker an der Ecke verkauft das beste Brot der Stadt.',
    'Können Sie mir sagen, wann der nächste Bus abfährt?',
    'Gestern haben wir einen neuen Tisch für die Küche gekauft.',
    'Sie lernt Spanisch, weil sie nächstes Jahr eine lange Reise machen will.',
  ],
  Italian: [
    "Il fornaio all'angolo vende il pane migliore della città.",
    'Mi può dire a che ora parte il prossimo autobus?',
    'Ieri abbiamo comprato un tavolo nuovo per la cucina.',
    "Studia lo spagnolo perché l'anno prossimo vuole viaggiare.",
  ],
  Portuguese: [
    'O padeiro da esquina vende o melhor pão da cidade.',
    'Pode dizer-me a que horas parte o próximo autocarro?',
    'Ontem comprámos uma mesa nova para a cozinha.',
    'Ela aprende espanhol porque quer viajar no próximo ano.',
  ],
  Spanish: [
    'El panadero de la esquina vende el mejor pan de la ciudad.',
    '¿Puede decirme a qué hora sale el próximo autobús?',
    'Ayer compramos una mesa nueva para la cocina.',
    'Ella aprende alemán porque quiere viajar el año que viene.',
  ],
  Swedish: [
    'Bagaren på hörnet säljer stadens bästa bröd.',
    'Kan du säga mig när nästa buss går?',
    'I går köpte vi ett nytt bord till köket.',
    'Hon lär sig spanska för att hon vill resa nästa år.',
  ],
};
