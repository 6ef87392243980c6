// Given names, and their letters as tokens.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names that are in use in several countries of Europe and America. */
const embedded = `
aaron abel abigail ada adam adela adele adrian agatha agnes aidan alan alba albert alberta alec alejandro alex alexa alexander alexandra alexis
alfred alfredo alice alicia alina alison allan alma alonzo alva alvin amalia amanda amber amelia amy ana anabel anastasia andre andrea andreas andrew
angela angelica angelina angus anika anita ann anna annabel anne annette annika anselm anthony antoine anton antonia antonio april archie ariana
ariel arlene armand armando arnold arthur astrid athena aubrey audrey august augusta aurelia aurora austin ava barbara barnaby barry basil beata beatrice
beatriz belinda bella ben benedict benita benjamin bennett bernadette bernard bernice bert bertha bertram beth bettina betty bianca bonnie boris brad
bradley brandon brenda brendan brent brian bridget bruce bruno bryan byron caleb calvin cameron camilla candace cara carina carl carla carlos carlotta carmen
carol carolina caroline carolyn carrie casper cassandra catalina catherine cecil cecilia cedric celeste celia celina chad charles charlie charlotte
chester chloe chris christa christian christina christine christopher clara clarence clarice clarissa claude claudia clement clementine clifford clive
clyde cole colette colin conrad constance cora cordelia corinna cornelia cornelius craig crystal curtis cynthia cyril daisy dale damian damon dana daniel
daniela danielle daphne darius darlene darren dave david dean deborah della delia denis denise dennis derek desmond diana diane diego dieter dolores
dominic dominique donald donna dora doreen doris dorothea dorothy douglas duncan dustin dwight dylan earl eddie edgar edith edmund eduardo edward edwin
eileen elaine eleanor elena eli elias elijah elinor elisa elisabeth eliza elizabeth ella ellen elliot elma elmer eloise elsa elsie elvira emil emilia
emilio emily emma emmanuel enid enrique eric erica erik erin ernest ernestine erwin esmeralda estelle esther ethan ethel eugene eugenia eunice eva evan eve
evelyn ezra fabian fanny faye felicia felicity felipe felix ferdinand fernanda fernando finn fiona flora florence floyd frances francesca francis
francisco frank frankie franklin franz fred freda frederic frederica frieda gabriel gabriela gail garrett gary gavin gemma genevieve geoffrey george georgia
georgina gerald geraldine gerard gerda gertrude gideon gilbert gilda gina giovanni gisela gladys glen glenda gloria gordon grace gregory greta gretchen
guido guillermo gustav guy gwen gwendolyn hannah harold harriet harris harry harvey hazel heather hector hedwig heidi heinrich helen helena helga henrietta
henry herbert herman hermine hilary hilda holly homer hope horace horatio howard hubert hugh hugo humphrey ian ida ignatius igor ilona ilse ina ines inga
ingrid irene iris irma irving isaac isabel isabella isadora isidor ivan ivy jack jackson jacob jacqueline jade jake james jamie jan jana jane janet
janice jared jasmine jason jasper javier jean jeanette jeff jeffrey jennifer jenny jeremiah jeremy jerome jerry jesse jessica jill joachim joan joanna
joaquin joel johann johanna john jonas jonathan jordan jorge joseph josephine joshua josiah joy joyce juan juanita judith judy julia julian juliana julie
juliet julius june justin justina justine karen karin karl karla kate katharina kathleen kathryn katja keith kelly kenneth kerry kevin kim kirsten klara
klaus konrad kurt kyle lambert lara larissa larry laura laurel lauren laurence lavinia lawrence lea leah lee lena leo leon leona leonard leonardo
leonora leopold leroy leslie leticia levi lewis liam lidia liesel lila lilian lillian lily linda linus lisa livia lloyd lola lorena lorenzo loretta
lorraine lothar lou louis louisa louise lucas lucia lucian lucille lucinda lucy ludwig luis luisa luke lydia lyle mabel madeleine magda magdalena maggie
magnus malcolm manfred manuel manuela mara marcel marcella marcia marco marcus margaret margarita margot maria marian mariana marianne marie marietta
marilyn marina mario marion marisa marjorie mark marlene marshall martha martin martina marvin mary mathilda matilda matthew matthias maude maura maureen
maurice max maximilian maxine may megan melanie melinda melissa melody mercedes meredith michael michaela michelle miguel mildred miles millicent milton
mimi minerva minna mira miranda miriam mitchell moira molly mona monica monroe morgan morris moses muriel myra myrtle nadia nadine nancy naomi natalia
natalie natasha nathan nathaniel neil nell nellie nelson nestor nicholas nicola nicole nigel nikolaus nils nina nora norbert noreen norma norman octavia
odette olaf olga oliver olivia ophelia oscar oswald otto owen pablo paige pamela pascal patricia patrick paul paula paulina pauline pearl pedro peggy
penelope percy perry peter petra petronella philip philippa phoebe phyllis pierre polly portia preston priscilla quentin quincy rachel rafael rainer ralph
ramon ramona randolph raphael raquel raul raymond rebecca regina reginald reinhard rena renata rene rex rhoda ricardo richard rita robert roberta
robin roderick rodney rodrigo roger roland rolf roman romeo ronald rosa rosalie rosalind rosamund rosanna rose rosemary rosetta ross rowena roxanne roy
ruby rudolf rufus rupert russell ruth sabina sabrina sally salome salvador samantha samson samuel sandra sarah saul sebastian selena selma serena sergio
seth shane sharon shawn sheila shelley shirley sibyl sidney siegfried sigmund sigrid silas silvester silvia simon simone sofia solomon sonia sophia
sophie spencer stacy stanley stella stephan stephanie stephen steven stuart susan susanna suzanne sven sylvester sylvia tabitha tamara tanja tara
tatiana ted teresa terence teresita thaddeus thea thelma theo theodor theodora theresa thomas tilda timothy tina tobias todd tom tony tracy trevor
tristan trudy ulrich ulrike una ursula valentin valentina valerie vanessa vera verena verna vernon veronica vicente vicky victor victoria vincent viola
violet virgil virginia vivian vivien vladimir wallace walter wanda warren wayne wendell wendy werner wesley wilbur wilfred wilhelm wilhelmina willa
willard william wilma winifred winona winston wolfgang xavier yolanda yvette yvonne zachary zelda zoe`;

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Token 0 begins and ends a name; a to z are 1 to 26. */
export const VOCABULARY = letters.length + 1;

export const tokensOf = (name: string): number[] => Array.from(name, (letter) => letters.indexOf(letter) + 1);
export const nameOf = (tokens: readonly number[]): string => tokens.map((token) => letters[token - 1]).join('');

/** The names of a file `names/names.txt`, one a line, below a folder; without one, those above. */
export function readNames(folder?: string): string[] {
  const text = folder === undefined ? embedded : readFileSync(join(folder, 'names', 'names.txt'), 'utf8');
  const names = new Set(
    text
      .toLowerCase()
      .split(/\s+/)
      .filter((name) => /^[a-z]+$/.test(name)),
  );
  return [...names];
}
